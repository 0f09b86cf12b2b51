"""What a process leaves that dies in the middle of deleting, or while PostgreSQL makes it wait."""

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest

from core.snapshots.folders import FOLDER
from core.snapshots.manifest import MANIFEST
from dashboard import jobs
from etl import refresh
from etl.run import run_log
from tests.conftest import Sql, restart
from tests.faults import world
from tests.faults.aftermath import LOCKS, SESSIONS
from tests.faults.harness import environment as settings_of
from tests.faults.nursery import Nursery


def test_a_snapshot_that_was_half_deleted_goes_at_the_next_start(
    sql: Sql, environment: str, root: Path
) -> None:
    """The manifest goes first, so who dies then leaves a folder that nobody can read."""
    world.seed(environment)
    for title in ("a", "b"):
        refresh.run(trigger="test")
        sql("UPDATE item SET title = %s WHERE id = 1", title)
    old, new = sorted((root / FOLDER).iterdir())
    (old / MANIFEST).unlink()
    refresh.recover()
    assert list((root / FOLDER).iterdir()) == [new]


def test_a_damaged_snapshot_in_use_is_not_cleaned_away(environment: str, root: Path) -> None:
    refresh.run(trigger="test")
    (folder,) = (root / FOLDER).iterdir()
    (folder / MANIFEST).unlink()
    refresh.recover()
    assert folder.exists()


@pytest.mark.parametrize("when", ["before the server starts", "while it runs"])
def test_nobody_waits_for_a_refresh_whose_process_is_gone(
    sql: Sql, environment: str, root: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Without automatic refreshes nothing else would ever end it."""
    monkeypatch.setenv("REFRESH_INTERVAL_MINUTES", "0")
    monkeypatch.setattr(jobs, "POLL_INTERVAL", timedelta(seconds=0.2))
    restart()
    left = root / "staging" / "000000000001-x"
    left.mkdir(parents=True)
    (root / FOLDER).mkdir()
    orphan = "INSERT INTO refresh_run (trigger, status) VALUES ('command', 'running')"
    stop = threading.Event()
    scheduler = jobs.build(stop)
    if when == "before the server starts":
        sql(orphan)
    scheduler.start()
    try:
        assert world.wait_until(lambda: not left.exists(), 10)
        if when == "while it runs":
            sql(orphan)
        failed = [("failed", run_log.INTERRUPTED)]
        assert world.wait_until(lambda: sql("SELECT status, error FROM refresh_run") == failed, 10)
    finally:
        stop.set()
        scheduler.shutdown()


def test_a_kill_while_postgresql_makes_it_wait_leaves_no_transaction(
    sql: Sql, nursery: Nursery, environment: str, root: Path
) -> None:
    """A server that waits for a lock does not look whether its client still lives, unless told."""
    world.seed(environment)
    blocker = psycopg2.connect(environment, application_name="faults blocker")
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    child = nursery.start(
        "tests.faults.refresher:refresh_once",
        environment={**os.environ, **settings_of(environment, root)},
    )
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    assert world.wait_until(lambda: sql(waiting) != [(0,)], 20)
    child.signal(signal.SIGKILL)
    assert world.wait_until(lambda: sql(SESSIONS) == sql(LOCKS) == [(0,)], 5)
    blocker.close()
