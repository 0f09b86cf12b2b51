"""The CSV files: complete, audited, and nothing in them runs in a spreadsheet."""

import csv
import io

import polars as pl
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core import database, metrics, snapshots
from core.actors import Actor
from core.errors import Unavailable
from core.models import AuditEvent
from dashboard.downloads import BYTE_ORDER_MARK, csv_parts, file_name
from etl import refresh
from tests.conftest import execute, make_user
from tests.dashboard.conftest import HTML

OWNERS = "/downloads/items_by_user.csv"
ACTIVE = "/downloads/active_users.csv"


@pytest.fixture
def snapshot(environment: str, system: Actor) -> snapshots.Snapshot:
    """A snapshot of 2,000 owners, the last of them with the most items."""
    execute(
        environment,
        """INSERT INTO "user" (email, hashed_password, full_name)
           SELECT n || '@example.com', '!', '=cmd|'' /C calc''!A' || n
           FROM generate_series(1, 2000) AS n""",
        """INSERT INTO item (title, owner_id) SELECT 'thing', id FROM "user" """,
    )
    make_user(system, "zero@example.com")
    refresh.run(trigger="test")
    return snapshots.current()


def read(text: bytes) -> list[dict[str, str]]:
    """The rows as a spreadsheet would read them."""
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def test_every_owner_is_in_the_file(
    snapshot: snapshots.Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "STREAM_ROWS", 300)
    response = insider.get(OWNERS)
    rows = read(response.content)
    assert [int(row["rank"]) for row in rows] == list(range(1, 2001))
    assert len({row["email"] for row in rows}) == 2000
    assert {row["item_count"] for row in rows} == {"1"}
    assert rows[0]["full_name"].startswith("'=cmd|' /C calc'!A")
    assert rows[0]["created_at"].endswith("Z")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"tally_items_by_user_{snapshot.taken_at:%Y-%m-%dT%H%MZ}.csv"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert file_name("items_by_user", snapshot) == name


def test_the_most_active_users_are_in_the_other(
    snapshot: snapshots.Snapshot, insider: TestClient
) -> None:
    rows = read(insider.get(ACTIVE).content)
    assert len(rows) == 10
    assert list(rows[0]) == ["user_id", "email", "full_name", "item_count"]


def test_each_export_leaves_one_audit_row(
    snapshot: snapshots.Snapshot, insider: TestClient, superuser: Actor
) -> None:
    insider.get(OWNERS)
    with database.transaction() as db:
        rows = db.scalars(select(AuditEvent).where(AuditEvent.action == "export.csv")).all()
    assert [(row.actor_id, row.address) for row in rows] == [(superuser.id, "testclient")]
    assert rows[0].changes == {
        "result": [None, "items_by_user"],
        "generation": [None, snapshot.generation],
    }


def test_without_data_there_is_a_header(insider: TestClient) -> None:
    refresh.run(trigger="test")
    lines = insider.get(OWNERS).content.removeprefix(BYTE_ORDER_MARK).split(b"\r\n")
    assert lines[0].startswith(b'"rank","user_id","email"')
    assert lines[1:] == [b""]


def test_without_a_snapshot_or_session_there_is_no_file(
    insider: TestClient, client: TestClient
) -> None:
    assert client.get(OWNERS).status_code == 401
    response = insider.get(OWNERS, headers=HTML)
    assert response.status_code == 503
    assert "There is no snapshot yet" in response.text
    assert insider.get(OWNERS).json()["detail"] == snapshots.NONE_YET


def test_what_cannot_be_audited_is_not_exported(
    snapshot: snapshots.Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    insider.get("/")  # known to the gate, which an outage does not change

    def away() -> None:
        raise Unavailable(database.AWAY)

    monkeypatch.setattr(database, "transaction", away)
    response = insider.get(OWNERS)
    assert response.status_code == 503
    assert response.json()["detail"] == database.AWAY


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff20"])
def test_a_formula_becomes_text(sign: str) -> None:
    frame = pl.DataFrame({"name": [f"{sign}1+1", f"1{sign}1"], "n": [-1, 2]})
    (text,) = csv_parts([frame])
    rows = read(text)
    assert rows[0] == {"name": f"'{sign}1+1", "n": "-1"}
    assert rows[1] == {"name": f"1{sign}1", "n": "2"}


def test_what_csv_must_quote_comes_back_as_it_was() -> None:
    names = [
        'say "hi"',
        "a,b",
        "a;b",
        "line\r\nbreak",
        "lone\rreturn",
        " space ",
        "",
        "Zoë 田中",
        None,
    ]
    (text,) = csv_parts([pl.DataFrame({"name": names, "n": 1})])
    assert [row["name"] for row in read(text)] == [name or "" for name in names]
    assert text.count(b"\r\n") == len(names) + 2
