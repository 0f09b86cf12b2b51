"""Exports that break off, are hung up on, read slowly or many at once: complete or visibly not."""

import csv
import hashlib
import io
import json
import socket
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx2 as httpx
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.actor import Actor
from core.analytics import metrics, ranking, warehouse
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking import MatchBitmap, pages
from core.errors import Unavailable
from core.exports import export
from core.exports.formats import FORMATS
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from dashboard.web import streaming
from tests.conftest import make_user
from tests.dashboard.conftest import House, sign_in
from tests.dashboard.exports.downloading import OWNERS, noted, read, served, wait_until


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that gives half of its rows, and then fails."""
    whole = pages.page_of_owners

    def half(found: Snapshot, matches: MatchBitmap, *, skip: int, limit: int) -> pl.DataFrame:
        if skip >= 900:
            raise Unavailable(warehouse.UNREADABLE)
        return whole(found, matches, skip=skip, limit=limit)

    monkeypatch.setattr(pages, "STREAM_ROWS", 300)
    monkeypatch.setattr(pages, "page_of_owners", half)


def test_a_source_that_breaks_is_a_failed_transfer_in_every_format(
    house: House, snapshot: Snapshot, broken: None
) -> None:
    refusals = (csv.Error, zipfile.BadZipFile, pa.ArrowInvalid, json.JSONDecodeError)
    readers: dict[str, Callable[[bytes], object]] = {
        "xlsx": lambda content: zipfile.ZipFile(io.BytesIO(content)),
        "parquet": lambda content: pq.read_table(io.BytesIO(content)),
        "json": json.loads,
        "semicolon.csv": partial(strict_csv, separator=";"),
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


def strict_csv(content: bytes, separator: str = ",") -> object:
    """Read CSV as those do who forgive nothing."""
    text = io.StringIO(content.decode(), newline="")
    return list(csv.reader(text, delimiter=separator, strict=True))


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
    house: House, snapshot: Snapshot, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    widen(monkeypatch)
    monkeypatch.setattr(streaming, "STALLED_SECONDS", 3.0)
    make_user(system, "ben@example.com", is_staff=True)
    with served(house) as client, httpx.Client(base_url=client.base_url) as other:
        sign_in(other, "ben@example.com")
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
        assert client.get("/downloads/active_users.csv").status_code == 429
        begun = time.monotonic()
        assert len(read(other.get("/downloads/active_users.csv").content)) == 10
        assert time.monotonic() - begun < 2
        assert metrics.distribution(snapshot)["users"].sum() >= 2001
        wait_until(lambda: len(noted()) == len(sleepers) + 1)
        assert client.get("/downloads/active_users.csv").status_code == 200
        for sleeper in sleepers:
            sleeper.close()
    assert sorted(event.outcome for event in noted()) == ["aborted"] * 4 + ["success"] * 2


def widen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the answer be too large for the buffers between here and the reader."""
    batch = metrics.items_by_user(reader.current(), limit=2000)
    found = MatchBitmap(OwnerFilter(), 2000 * 300)
    monkeypatch.setattr(ranking, "find_owners", lambda *_: found)
    monkeypatch.setattr(ranking, "stream_owners", lambda *_: iter([batch] * 300))


def test_many_exports_at_once_are_each_complete(
    house: House, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STREAM_ROWS", 100)
    with served(house) as client, ThreadPoolExecutor(export.MOST_EACH) as pool:
        paths = [f"/downloads/items_by_user.{name}" for name in FORMATS] * 3
        answers = list(pool.map(lambda path: client.get(path).content, paths))
    hashes = [hashlib.sha256(answer).hexdigest() for answer in answers]
    assert len(set(hashes)) == len(FORMATS)
    assert sorted(event.changes["sha256"][1] for event in noted()) == sorted(hashes)
    assert len({event.changes["content"][1] for event in noted()}) == 1
