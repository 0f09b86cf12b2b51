"""Warming: what pages ask first has an answer before they ask, for each new snapshot once."""

import asyncio
import shutil

import pytest

from core import process
from core.actor import Actor
from core.analytics import warehouse
from core.errors import Unavailable
from core.refreshes import rollback
from core.settings import get_settings
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from dashboard.cache import answers, pinned_snapshot, warm_up
from dashboard.cache.reader_zones import ReaderZones
from dashboard.cache.warm_up import Warming
from dashboard.shell import refresh_requests
from etl import refresh
from tests.pages.conftest import make_item


def test_a_new_snapshot_is_warmed_once(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warm_up.warm_newer(None) is None, "there is none yet"
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    asked: list[str] = []
    read = warehouse.read

    def listen(snapshot: Snapshot, question: str, **parameters: object) -> object:
        asked.append(question)
        return read(snapshot, question, **parameters)

    monkeypatch.setattr(warehouse, "read", listen)
    process.resource(ReaderZones).note(1, "Asia/Kathmandu")
    warm = warm_up.warm_newer(None)
    assert warm == reader.current()
    assert asked.count("created") == 2, "once for each zone"
    assert asked.count("totals") <= 2
    before = len(asked)
    assert warm_up.warm_newer(warm) == warm
    answers.totals(reader.current())
    answers.distribution(reader.current())
    assert len(asked) == before


def test_pages_show_a_new_snapshot_when_it_is_warm(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh.run(trigger="manual")
    first = warm_up.warm_newer(None)
    assert pinned_snapshot.newest() == first
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    assert pinned_snapshot.newest() == first != reader.current()
    assert warm_up.warm_newer(first) == pinned_snapshot.newest() == reader.current()
    monkeypatch.setattr(pinned_snapshot, "KNOWN_SECONDS", 0.0)
    make_item(system, superuser.email, "two")
    refresh.run(trigger="manual")
    assert pinned_snapshot.newest() == reader.current(), "nobody has looked for long"


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_whatever_happens_to_one_look_the_next_one_warms(
    superuser: Actor, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    refresh.run(trigger="manual")
    totals, failed, offered = answers.totals, list[Snapshot](), list[Snapshot]()

    def fail_once(snapshot: Snapshot) -> object:
        failed.append(snapshot)
        if len(failed) == 1:
            raise error
        return totals(snapshot)

    async def look() -> None:
        watching = asyncio.create_task(Warming().watch())
        while not offered:
            assert not watching.done()
            await asyncio.sleep(0.01)
        watching.cancel()

    monkeypatch.setattr(answers, "totals", fail_once)
    monkeypatch.setattr(pinned_snapshot, "offer", offered.append)
    asyncio.run(asyncio.wait_for(look(), 20))
    assert len(failed) == 2


def test_what_is_gone_is_not_shown(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    warm = warm_up.warm_newer(None)
    shutil.rmtree(get_settings().parquet_path)
    with pytest.raises(Unavailable):
        reader.current()
    assert warm_up.warm_newer(warm) is None
    with pytest.raises(Unavailable):
        pinned_snapshot.newest()


def test_an_older_snapshot_that_was_made_current_is_shown_at_once(superuser: Actor) -> None:
    first = refresh.run(trigger="manual").generation
    second = refresh.run(trigger="manual", full=True).generation
    warm_up.warm_newer(None)
    rollback.roll_back(actor=superuser, generation=int(first or 0), seen=int(second or 0))
    refresh_requests.tell()
    assert pinned_snapshot.newest().generation == first
