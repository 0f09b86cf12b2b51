"""Exports over HTTP: complete or visibly broken off, noted, in one's own format and time zone."""

import csv
import hashlib
import io
import json
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2 as httpx
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn
from sqlalchemy import select
from starlette.testclient import TestClient

from core import database, metrics, snapshots, warehouse
from core.actors import Actor
from core.errors import Unavailable
from core.formats import FORMATS
from core.formats.spreadsheet_csv import BYTE_ORDER_MARK
from core.matches import Matches
from core.models import AuditEvent
from core.snapshots import Snapshot
from dashboard import rendering, streaming
from etl import refresh
from tests.conftest import execute, make_user
from tests.dashboard.conftest import HTML, House, free_port, script, sign_in

OWNERS = "/downloads/items_by_user.csv"
WAIT_SECONDS = 20


@pytest.fixture
def snapshot(environment: str, system: Actor) -> Snapshot:
    """A snapshot of 2,000 owners with an item each, and of others."""
    execute(
        environment,
        """INSERT INTO "user" (email, hashed_password, full_name)
           SELECT n || '@example.com', '!', '=cmd|'' /C calc''!A' || n
           FROM generate_series(1, 2000) AS n""",
        """INSERT INTO item (title, owner_id)
           SELECT 'thing', id FROM "user" WHERE full_name LIKE '=cmd%'""",
    )
    make_user(system, "zero@example.com")
    refresh.run(trigger="test")
    return snapshots.current()


@contextmanager
def served(house: House) -> Iterator[httpx.Client]:
    """A browser that is signed in to the house over real sockets."""
    port = free_port()
    config = uvicorn.Config(
        house.app, port=port, log_level="critical", ws="none", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        with httpx.Client(base_url=f"http://localhost:{port}") as client:
            sign_in(client)
            yield client
    finally:
        server.should_exit = True
        thread.join()


def wait_until(condition: object) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "this never came to be"
        time.sleep(0.02)


def read(content: bytes) -> list[dict[str, str]]:
    """The rows as a spreadsheet would read them."""
    assert content.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def noted(action: str = "export.end") -> list[AuditEvent]:
    """The events of an action, oldest first."""
    found = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    with database.transaction() as db:
        return list(db.scalars(found))


def test_every_owner_is_in_the_file(
    snapshot: Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "STREAM_ROWS", 300)
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
        ("/downloads/items_by_user.exe", 404, "Ask for one of .csv, .xlsx"),
        ("/downloads/items_by_user", 404, "Ask for one of"),
        ("/downloads/passwords.csv", 404, "nothing of this name"),
        (OWNERS + "?zone=Mars/Olympus", 422, "no such time zone"),
        (OWNERS + "?zone=../../etc/passwd", 422, "no such time zone"),
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
    assert insider.get(OWNERS).json()["detail"] == snapshots.NONE_YET


def test_what_cannot_be_audited_is_not_exported(
    snapshot: Snapshot, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    insider.get("/")  # known to the gate, which an outage does not change

    def away() -> None:
        raise Unavailable(database.AWAY)

    monkeypatch.setattr(database, "transaction", away)
    response = insider.get(OWNERS)
    assert response.status_code == 503
    assert response.json()["detail"] == database.AWAY


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


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that gives half of its rows, and then fails."""
    whole = metrics.page_of_owners

    def half(found: Snapshot, matches: Matches, *, skip: int, limit: int) -> pl.DataFrame:
        if skip >= 900:
            raise Unavailable(warehouse.UNREADABLE)
        return whole(found, matches, skip=skip, limit=limit)

    monkeypatch.setattr(metrics, "STREAM_ROWS", 300)
    monkeypatch.setattr(metrics, "page_of_owners", half)


def test_a_source_that_breaks_is_a_failed_transfer_in_every_format(
    house: House, snapshot: Snapshot, broken: None
) -> None:
    refusals = (csv.Error, zipfile.BadZipFile, pa.ArrowInvalid, json.JSONDecodeError)
    readers = {
        "xlsx": lambda content: zipfile.ZipFile(io.BytesIO(content)),
        "parquet": lambda content: pq.read_table(io.BytesIO(content)),
        "json": json.loads,
    }
    with served(house) as client:
        for name in FORMATS:
            content = b""
            with client.stream("GET", f"/downloads/items_by_user.{name}") as response:
                assert response.status_code == 200
                with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):  # noqa: PT012
                    for part in response.iter_bytes():
                        content += part
            assert content
            with pytest.raises(refusals):
                readers.get(name, strict_csv)(content)
    assert [event.outcome for event in noted()] == ["failed"] * len(FORMATS)


def strict_csv(content: bytes) -> object:
    """Read CSV as those do who forgive nothing."""
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


def test_who_hangs_up_leaves_a_receipt_that_says_so(
    house: House, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    widen(monkeypatch)
    with served(house) as client:
        with client.stream("GET", OWNERS) as response:
            next(response.iter_raw())
        wait_until(noted)
    (event,) = noted()
    assert event.outcome == "aborted"
    assert event.changes["rows"][1] <= 2000 * 300


def test_who_reads_slowly_holds_nothing_that_others_need(
    house: House, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    widen(monkeypatch)
    monkeypatch.setattr(streaming, "STALLED_SECONDS", 3.0)
    with served(house) as client:
        lines = [
            f"GET {OWNERS} HTTP/1.1",
            f"Host: localhost:{client.base_url.port}",
            "Cookie: " + "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar),
        ]
        sleepers = [socket.create_connection(("localhost", client.base_url.port)) for _ in "1234"]
        for sleeper in sleepers:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.sendall("\r\n".join([*lines, "", ""]).encode())
        wait_until(lambda: len(noted("export.begin")) == len(sleepers))
        begun = time.monotonic()
        assert len(read(client.get("/downloads/active_users.csv").content)) == 10
        assert time.monotonic() - begun < 2
        assert metrics.distribution(snapshot)["users"].sum() >= 2001
        wait_until(lambda: len(noted()) == len(sleepers) + 1)
        for sleeper in sleepers:
            sleeper.close()
    assert sorted(event.outcome for event in noted()) == ["aborted"] * 4 + ["success"]


def widen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the answer be too large for the buffers between here and the reader."""
    batch = metrics.items_by_user(snapshots.current(), limit=2000)
    monkeypatch.setattr(metrics, "totals", lambda _: metrics.Totals(0, 0, 0, 2000 * 300))
    monkeypatch.setattr(metrics, "stream_items_by_user", lambda *_: iter([batch] * 300))


def test_many_exports_at_once_are_each_complete(
    house: House, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "STREAM_ROWS", 100)
    with served(house) as client, ThreadPoolExecutor(8) as pool:
        paths = [f"/downloads/items_by_user.{name}" for name in FORMATS] * 3
        answers = list(pool.map(lambda path: client.get(path).content, paths))
    hashes = [hashlib.sha256(answer).hexdigest() for answer in answers]
    assert len(set(hashes)) == len(FORMATS)
    assert sorted(event.changes["sha256"][1] for event in noted()) == sorted(hashes)
    assert len({event.changes["content"][1] for event in noted()}) == 1


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG\r\n\x1a\n"), ("svg", b"<svg ")])
def test_a_picture_leaves_a_receipt_like_any_export(
    snapshot: Snapshot, insider: TestClient, superuser: Actor, kind: str, begins: bytes
) -> None:
    response = insider.get(f"/downloads/page_of_owners.{kind}?page=2&q=9&zone=Asia/Kathmandu")
    assert response.content.startswith(begins)
    assert response.headers["content-type"].startswith(f"image/{kind}")
    name = f"tally_items_owned_by_user_{snapshot.taken_at:%Y-%m-%dT%H%MZ}.{kind}"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    begun, ended = noted("export.begin") + noted()
    assert (ended.actor_id, ended.outcome, ended.subject_id) == (superuser.id, "success", begun.id)
    facts = {key: value[1] for key, value in ended.changes.items()}
    assert facts["sha256"] == hashlib.sha256(response.content).hexdigest()
    assert (facts["picture"], facts["format"]) == ("Items owned by user", kind)
    assert facts["filters"] == {"q": "9", "page": "2"}
    assert (facts["rows"], facts["time_zone"]) == (50, "Asia/Kathmandu")
    assert (facts["generation"], facts["as_of"]) == (
        snapshot.generation,
        snapshot.taken_at.isoformat(),
    )


def test_the_rows_of_a_picture_count_as_those_of_a_table(
    snapshot: Snapshot, insider: TestClient
) -> None:
    for name in ("top_owners.svg", "active_users.json"):
        assert insider.get(f"/downloads/{name}").status_code == 200
    picture, table = noted()
    assert picture.changes["content"] == table.changes["content"]


def test_a_picture_that_fails_says_why_on_a_page(
    snapshot: Snapshot, insider: TestClient, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/downloads/spread.png").status_code == 401
    response = insider.get("/downloads/page_of_owners.svg?page=9999")
    assert response.status_code == 404
    assert "nothing to draw" in response.json()["detail"]
    monkeypatch.setattr(rendering, "SECONDS", 0.01)
    response = insider.get("/downloads/spread.png", headers=HTML)
    assert response.status_code == 503
    assert "took too long to draw" in response.text
    assert [event.outcome for event in noted()] == ["failed", "failed"]
    assert noted()[-1].changes["error"] == [None, rendering.TOO_SLOW]


def test_programs_get_the_trends_and_no_pictures(
    house: House, staff: Actor, snapshot: Snapshot
) -> None:
    client = script(house, staff, "analytics:read")
    rows = client.get("/api/v1/exports/trends", params={"step": "month"}).json()
    assert rows[-1]["items_in_all"] == 2000
    assert client.get("/api/v1/exports/trends", params={"step": "hour"}).status_code == 422
    assert client.get("/api/v1/exports/page_of_owners").status_code == 404
