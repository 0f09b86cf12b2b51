"""The server that is told to end while it refreshes."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from core.snapshots import reader
from tests.conftest import Sql, restart
from tests.dashboard.conftest import free_port
from tests.dashboard.test_cli import STOPS_WITHIN, Serving
from tests.faults import world
from tests.faults.aftermath import LOCKS, RUNNING

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'tally refresh%'
"""


@pytest.fixture
def serving(environment: str, tmp_path: Path) -> Iterator[Serving]:
    """A `tally serve` on the test's database, with its first snapshot."""
    server = Serving(tmp_path, free_port(), DATABASE_URL=environment)
    server.wait_until_up()
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def test_sigterm_in_the_middle_of_a_refresh(
    serving: Serving, environment: str, sql: Sql, root: Path
) -> None:
    before = reader.current()
    sql("INSERT INTO item (title, owner_id) SELECT 'new', min(id) FROM \"user\"")
    blocker = psycopg2.connect(environment, application_name="faults blocker")
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    sql("INSERT INTO refresh_run (trigger) VALUES ('manual')")
    assert world.wait_until(lambda: sql(RUNNING) == [(1,)], 20)
    assert world.wait_until(lambda: sql(OTHERS) != [(0,)], 20)
    began = time.monotonic()
    assert serving.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < STOPS_WITHIN
    assert "Traceback" not in serving.output
    assert world.wait_until(lambda: sql(OTHERS) == sql(LOCKS) == sql(RUNNING) == [(0,)], 5)
    blocker.close()
    ((status, error),) = sql("SELECT status, error FROM refresh_run ORDER BY id DESC LIMIT 1")
    assert status == "failed"
    assert str(error).startswith("The refresh was stopped before it ended.")
    assert not list((root / "staging").glob("*"))
    restart()
    assert reader.current() == before
