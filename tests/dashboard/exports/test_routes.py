"""Exports over HTTP: whole, noted, in one's own format and time zone."""

import hashlib
import io

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from core.actor import Actor
from core.analytics.ranking import pages
from core.db import engine
from core.errors import Unavailable
from core.exports.formats import FORMATS
from core.exports.formats.spreadsheet_csv import BYTE_ORDER_MARK
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from etl import refresh
from tests.dashboard.conftest import HTML, House, script, sign_in
from tests.dashboard.exports.downloading import OWNERS, noted, read


def test_every_owner_is_in_the_file(
    snapshot: Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STREAM_ROWS", 300)
    response = insider.get(OWNERS)
    rows = read(response.content)
    assert [int(row["rank"]) for row in rows] == list(range(1, 2001))
    assert len({row["email"] for row in rows}) == 2000
    assert {row["item_count"] for row in rows} == {"1"}
    assert rows[0]["full_name"].startswith("'=cmd|' /C calc'!A")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    name = f"tally_items_by_user_{snapshot.taken_at:%Y-%m-%dT%H%MZ}.csv"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_noted_with_its_hash(
    snapshot: Snapshot, insider: TestClient, superuser: Actor, name: str
) -> None:
    response = insider.get(f"/downloads/active_users.{name}?zone=Asia/Kathmandu")
    assert response.headers["content-type"] == FORMATS[name].media_type
    assert f'.{name}"' in response.headers["content-disposition"]
    (event,) = noted()
    assert (event.actor_id, event.address, event.outcome) == (superuser.id, "testclient", "success")
    assert event.changes["sha256"] == [None, hashlib.sha256(response.content).hexdigest()]
    assert event.changes["bytes"] == [None, len(response.content)]
    assert event.changes["rows"] == [None, 10]


def test_the_filters_and_the_zone_of_the_page_apply(
    snapshot: Snapshot, insider: TestClient
) -> None:
    query = "?q=1999@&zone=Asia/Kathmandu&joined_from=2026-01-01&active=yes&least=1"
    (row,) = read(insider.get(OWNERS + query).content)
    assert row["email"] == "1999@example.com"
    assert "created_at (Asia/Kathmandu)" in row
    (event,) = noted()
    assert event.changes["filters"] == [
        None,
        {
            "q": "1999@",
            "least": "1",
            "active": "yes",
            "joined_from": "2026-01-01",
            "zone": "Asia/Kathmandu",
        },
    ]
    assert read(insider.get(OWNERS + "?most=0001&active=no").content) == []


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/downloads/items_by_user.exe", 404, "Ask for one of .csv, .semicolon.csv, .xlsx"),
        ("/downloads/items_by_user", 404, "Ask for one of"),
        ("/downloads/passwords.csv", 404, "nothing of this name"),
        (OWNERS + "?zone=Mars/Olympus", 422, "no such time zone"),
        *[
            (f"{path}?zone={name}", 422, "no such time zone")
            for path in (OWNERS, "/downloads/trends.xlsx", "/downloads/new_items.svg")
            for name in ("localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/UTC")
        ],
        (OWNERS + "?zone=../../etc/passwd", 422, "no such time zone"),
        (OWNERS + "?zone=", 422, "no such time zone"),
        (OWNERS + "?colour=red", 422, "no such filter"),
        (OWNERS + "?period=11d", 422, "no period"),
        (OWNERS + "?joined_until=", 422, "leave it out"),
        (OWNERS + "?least=many", 422, "no number of items"),
        ("/downloads/audit.csv?q=a&since=x", 422, "no such filter"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    snapshot: Snapshot, insider: TestClient, path: str, status: int, told: str
) -> None:
    response = insider.get(path)
    assert response.status_code == status
    assert told in response.json()["detail"]
    assert noted("export.begin") == []


@pytest.mark.parametrize("name", ["localtime", "posix/Europe/Berlin", "right/UTC", "%00", "../UTC"])
def test_programs_learn_that_a_zone_is_none(
    snapshot: Snapshot, house: House, superuser: Actor, name: str
) -> None:
    with script(house, superuser) as client:
        for question in ("trends", "items_by_user", "items"):
            answer = client.get(f"/api/v1/exports/{question}?format=csv&zone={name}")
            assert answer.status_code == 422
            assert "no such time zone" in answer.json()["detail"]


def test_asking_for_headers_alone_is_no_export(snapshot: Snapshot, insider: TestClient) -> None:
    assert insider.head(OWNERS).status_code == 405
    assert noted("export.begin") == []


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
    assert insider.get(OWNERS).json()["detail"] == reader.NONE_YET


def test_what_cannot_be_audited_is_not_exported(
    snapshot: Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    insider.get("/")  # known to the gate, which an outage does not change

    def away() -> None:
        raise Unavailable(engine.AWAY)

    monkeypatch.setattr(engine, "transaction", away)
    response = insider.get(OWNERS)
    assert response.status_code == 503
    assert response.json()["detail"] == engine.AWAY


def test_staff_cannot_take_users(house: House, staff: Actor, snapshot: Snapshot) -> None:
    client = house.client()
    sign_in(client, staff.email)
    assert client.get("/downloads/users.xlsx").status_code == 403
    assert client.get("/downloads/items.xlsx").status_code == 200
    (refused,) = noted("export.users")
    assert refused.outcome == "refused"


def test_programs_name_a_format_or_accept_one(
    house: House, staff: Actor, snapshot: Snapshot
) -> None:
    client = script(house, staff, "analytics:read")
    path = "/api/v1/exports/items_by_user"
    assert len(client.get(path).json()) == 2000
    answer = client.get(path, headers={"Accept": "application/vnd.apache.parquet, */*"})
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 2000
    answer = client.get(path, headers={"Accept": "text/csv;q=0.9"}, params={"q": "77@"})
    assert answer.content.startswith(b'"rank","user_id"')
    assert len(client.get(path, params={"q": ""}).json()) == 2000
    answer = client.get(path, params={"format": "csv", "zone": "Europe/Berlin"})
    assert "created_at (Europe/Berlin)" in read(answer.content)[0]
    assert client.get(path, params={"format": "pdf"}).status_code == 422
    assert client.get("/api/v1/exports/items").status_code == 403
    assert client.get("/api/v1/exports/audit").status_code == 404
    assert {event.token_id is None for event in noted()} == {False}


def test_programs_get_the_trends_and_no_pictures(
    house: House, staff: Actor, snapshot: Snapshot
) -> None:
    client = script(house, staff, "analytics:read")
    rows = client.get("/api/v1/exports/trends", params={"step": "month"}).json()
    assert rows[-1]["items_in_all"] == 2000
    assert client.get("/api/v1/exports/trends", params={"step": "hour"}).status_code == 422
    assert client.get("/api/v1/exports/page_of_owners").status_code == 404
