"""What a process leaves that dies in the middle of deleting, or while PostgreSQL makes it wait."""

import os
import signal
from pathlib import Path

import psycopg2

from core.snapshots import FOLDER, MANIFEST
from etl import refresh
from tests.faults import world
from tests.faults.aftermath import LOCKS, SESSIONS
from tests.faults.conftest import Sql
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
