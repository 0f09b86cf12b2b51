"""Warming: what pages ask first has an answer before they ask, for each new snapshot once."""

import asyncio
import shutil

import pytest

from core import set_back, snapshots, warehouse
from core.actors import Actor
from core.errors import Unavailable
from core.settings import get_settings
from dashboard import data, freshness, shown, warming
from dashboard.reader_zones import ReaderZones
from dashboard.warming import Warming
from etl import refresh
from tests.pages.conftest import make_item


def test_a_new_snapshot_is_warmed_once(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warming.warm_newer(None) is None, "there is none yet"
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    asked: list[str] = []
    read = warehouse.read

    def listen(snapshot: snapshots.Snapshot, question: str, **parameters: object) -> object:
        asked.append(question)
        return read(snapshot, question, **parameters)

    monkeypatch.setattr(warehouse, "read", listen)
    reader_zones = ReaderZones()
    reader_zones.note(1, "Asia/Kathmandu")
    monkeypatch.setattr(warming, "reader_zones", reader_zones)
    warm = warming.warm_newer(None)
    assert warm == snapshots.current()
    assert asked.count("created") == 2, "once for each zone"
    assert asked.count("totals") <= 2
    before = len(asked)
    assert warming.warm_newer(warm) == warm
    data.totals(snapshots.current())
    data.distribution(snapshots.current())
    assert len(asked) == before


def test_pages_show_a_new_snapshot_when_it_is_warm(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh.run(trigger="manual")
    first = warming.warm_newer(None)
    assert shown.newest() == first
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    assert shown.newest() == first != snapshots.current()
    assert warming.warm_newer(first) == shown.newest() == snapshots.current()
    monkeypatch.setattr(shown, "KNOWN_SECONDS", 0.0)
    make_item(system, superuser.email, "two")
    refresh.run(trigger="manual")
    assert shown.newest() == snapshots.current(), "nobody has looked for long"


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_whatever_happens_to_one_look_the_next_one_warms(
    superuser: Actor, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    refresh.run(trigger="manual")
    questions, failed = warming._questions, []

    def fail_once(snapshot: snapshots.Snapshot) -> object:
        failed.append(snapshot)
        if len(failed) == 1:
            raise error
        return questions(snapshot)

    async def look() -> None:
        watching = asyncio.create_task(Warming().watch())
        while shown._ready is None:
            assert not watching.done()
            await asyncio.sleep(0.01)
        watching.cancel()

    shown.offer(None)
    monkeypatch.setattr(warming, "_questions", fail_once)
    asyncio.run(asyncio.wait_for(look(), 20))
    assert len(failed) == 2


def test_what_is_gone_is_not_shown(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    warm = warming.warm_newer(None)
    shutil.rmtree(get_settings().parquet_path)
    with pytest.raises(Unavailable):
        snapshots.current()
    assert warming.warm_newer(warm) is None
    with pytest.raises(Unavailable):
        shown.newest()


def test_an_older_snapshot_that_was_made_current_is_shown_at_once(superuser: Actor) -> None:
    first = refresh.run(trigger="manual").generation
    second = refresh.run(trigger="manual", full=True).generation
    warming.warm_newer(None)
    set_back.set_back(actor=superuser, generation=int(first or 0), seen=int(second or 0))
    freshness.tell()
    assert shown.newest().generation == first
