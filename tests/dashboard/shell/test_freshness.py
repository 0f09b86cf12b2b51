"""Freshness: the newest moment at which the data shown is known to have been true."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event

from core.actor import Actor
from core.db.engine import get_engine, transaction
from core.db.refresh_models import RefreshCheckpoint, RefreshRun
from core.snapshots.change_log import Newer, Rows
from dashboard.shell import freshness, refresh_requests
from etl import refresh
from tests.conftest import make_user


def test_a_refresh_that_finds_nothing_changed_makes_the_data_current(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    before = freshness.read()
    assert before.snapshot is not None
    assert before.as_of == before.snapshot.taken_at
    refresh.run(trigger="manual")
    after = freshness.read()
    assert after.snapshot == before.snapshot
    assert after.latest is not None
    assert after.as_of == after.latest.started_at
    assert not after.outdates(before)


def test_a_failed_refresh_proves_nothing(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    with transaction() as db:
        db.add(RefreshRun(status="failed", trigger="manual", mode="incremental"))
    state = freshness.read()
    assert state.snapshot is not None
    assert state.as_of == state.snapshot.taken_at


def test_new_data_outdates_a_page_and_a_refresh_that_begins_does_not(
    superuser: Actor, system: Actor
) -> None:
    refresh.run(trigger="manual")
    shown = freshness.read()
    refresh_requests.request(superuser)
    assert freshness.read().running
    assert not freshness.read().outdates(shown)  # the line above the page says so, and that is all
    with transaction() as db:
        db.query(RefreshRun).filter_by(status="requested").delete()
    make_user(system, "new@example.com")
    refresh.run(trigger="manual")
    assert freshness.read(newest=True).outdates(shown)


def test_without_a_snapshot_there_is_no_moment(environment: str) -> None:
    assert freshness.read().as_of is None


def test_what_is_newer_in_the_database_is_counted(superuser: Actor, system: Actor) -> None:
    refresh.run(trigger="manual")
    assert freshness.read().newer == Newer()
    make_user(system, "new@example.com")
    assert freshness.read().newer == Newer(user=Rows(inserted=1))
    with transaction() as db:
        db.execute(delete(RefreshCheckpoint))
    assert freshness.read().newer is None


def test_failures_in_a_row_are_counted_since_the_first(superuser: Actor) -> None:
    refresh.run(trigger="manual")
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with transaction() as db:
        for number, status in enumerate(("failed", "held", "failed")):
            at = began + timedelta(minutes=number)
            db.add(RefreshRun(status=status, trigger="schedule", finished_at=at))
            db.flush()
    found = freshness.read().situation
    assert (found.failures, found.since) == (3, began)
    refresh.run(trigger="manual")
    assert freshness.read().situation.failures == 0


def test_two_hundred_sessions_ask_once(superuser: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh.run(trigger="manual")
    monkeypatch.setattr(freshness, "SHARED_SECONDS", 60.0)
    asked: list[str] = []
    event.listen(
        get_engine(), "before_cursor_execute", lambda *args: asked.append(args[2]), named=False
    )
    refresh_requests.tell()
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: freshness.read(newest=True), range(200)))
    assert len(asked) == 4, asked  # the latest, the open one, the mark, the notes
    assert all(state == found[0] for state in found)
    refresh.run(trigger="manual", full=True)
    asked.clear()
    assert freshness.read(newest=True).snapshot != found[0].snapshot  # another question
    assert len(asked) == 4
