"""A refresh that is paused, loses its place to another one, and wakes up again."""

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from core.errors import Unavailable
from core.snapshots import reader
from core.snapshots.folders import CURRENT
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.publish import store
from etl.run import run_log
from tests.conftest import Sql
from tests.faults import world
from tests.faults.harness import environment as settings_of
from tests.faults.nursery import Child, Nursery

BEFORE_PUBLISHING = ("os.mkdir staging", "open part-", "open totals", "open manifest.json")
WHILE_PUBLISHING = ("os.rename staging", "os.symlink current", "os.rename .current.current")
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE 'tally refresh%' AND datname = current_database()
"""


@dataclass
class Place:
    """A database that changes, its snapshots, and a process that refreshes it once."""

    url: str
    root: Path
    nursery: Nursery
    writer: world.Writer

    def pause(self, change: str) -> Child:
        """Start a refresh that pauses itself before a change of the folder."""
        child = self.nursery.start(
            "tests.faults.refresher:refresh_once",
            environment={**os.environ, **settings_of(self.url, self.root)},
            change=change,
            number=int(signal.SIGSTOP),
        )
        process = psutil.Process(child.pid)
        assert world.wait_until(lambda: process.status() == psutil.STATUS_STOPPED, 20)
        return child

    def differences(self) -> list[str]:
        """Compare what the constant paths lead to with the database."""
        return list(world.differences(self.url, self.root / USERS, self.root / ITEMS))


@pytest.fixture
def place(nursery: Nursery, environment: str, root: Path) -> Place:
    """A database that was refreshed once and has changed since."""
    world.seed(environment)
    refresh.run(trigger="test")
    writer = world.Writer(environment, chance=random.Random(1))  # noqa: S311
    writer.work()
    return Place(environment, root, nursery, writer)


@pytest.mark.parametrize("change", BEFORE_PUBLISHING)
def test_who_wakes_up_late_publishes_nothing(place: Place, sql: Sql, change: str) -> None:
    late = place.pause(change)
    sql(CUT)
    place.writer.work()
    newer = refresh.run(trigger="test")
    late.signal(signal.SIGCONT)
    assert late.receive() == ("end", 1)
    assert reader.current().generation == newer.generation
    assert place.differences() == []
    found = sql("SELECT status, error FROM refresh_run WHERE id = %s", newer.id - 1)
    assert found == [("failed", run_log.INTERRUPTED)]


@pytest.mark.parametrize("change", WHILE_PUBLISHING)
def test_who_is_paused_while_publishing_holds_up_nobody_for_long(
    place: Place, sql: Sql, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reader.current()
    late = place.pause(change)
    sql(CUT)
    place.writer.work()
    with monkeypatch.context() as patch:
        patch.setattr(store, "PATIENCE_SECONDS", 0.2)
        with pytest.raises(Unavailable, match="begun to publish"):
            refresh.run(trigger="test")
    assert reader.current() == before
    late.signal(signal.SIGCONT)
    late.receive()
    served = reader.current()  # of the one or of the other, and whole
    assert (place.root / CURRENT).exists()
    assert not world.look(served.files(USERS), served.files(ITEMS)).wrong
    newest = refresh.run(trigger="test")
    assert reader.current().generation == newest.generation
    assert place.differences() == []
