"""PostgreSQL that dies in the middle of a refresh, and a refresh that is told to end."""

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import select

from core.db import schema
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.embedded.postmaster import Postmaster
from core.errors import Unavailable
from core.snapshots import reader
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.run.run_log import Progress
from tests.conftest import Sql, execute, restart, use
from tests.faults import world
from tests.faults.aftermath import LOCKS, RUNNING, SESSIONS
from tests.faults.harness import environment as settings_of
from tests.faults.kill import STEPS
from tests.faults.nursery import Nursery


class Server:
    """A PostgreSQL that may be killed, unlike the one that all tests share."""

    def __init__(self, folder: Path) -> None:
        self._server = Postmaster(folder.resolve())
        self._server.make()
        self.folder = folder
        self.start()
        execute(self._server.url("postgres"), "CREATE DATABASE tally")

    def die(self) -> None:
        """Shut down at once, as after a crash: no goodbye, recovery at the next start."""
        lines = (self.folder / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def start(self) -> None:
        """Start again, and wait until it takes connections."""
        self._server.start()  # by nobody else: this one is not watched
        self.url = self._server.url("tally")

    def stop(self) -> None:
        """Stop for good."""
        self._server.stop()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A migrated PostgreSQL with a small world, refreshed once."""
    # Not under pytest's folder, which is closed to the system user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="tally-test-"))
    made = Server(folder / "pg")
    use(monkeypatch, url=made.url, folder=tmp_path / "data")
    schema.upgrade()
    world.seed(made.url)
    refresh.run(trigger="test")
    yield made
    restart()
    made.stop()
    shutil.rmtree(folder)


def test_a_server_that_dies_in_the_middle(server: Server, tmp_path: Path) -> None:
    root = tmp_path / "data" / "parquet"
    for step in STEPS:
        before = reader.current()
        execute(server.url, "UPDATE item SET title = title || '.' WHERE id % 2 = 0")
        killed: list[Progress] = []

        def kill(now: Progress, step: str = step, killed: list[Progress] = killed) -> None:
            if now.step == step and not killed:
                killed.append(now)
                server.die()

        with pytest.raises(Unavailable, match="The last snapshot stays in use") as lost:
            refresh.run(trigger="test", progress=kill)
        assert killed
        assert reader.current() == before
        assert not list((root / "staging").glob("*"))
        with pytest.raises(Unavailable, match="PostgreSQL cannot be reached") as away:
            refresh.run(trigger="test")
        server.start()
        if step in {"export", "publish"}:  # as the server does by itself
            refresh.recover()
        run = refresh.run(trigger="test")
        assert reader.current().generation == run.generation != before.generation
        assert list(world.differences(server.url, root / USERS, root / ITEMS)) == []
        with transaction() as db:
            errors = db.scalars(select(RefreshRun.error).order_by(RefreshRun.id.desc())).all()
        assert errors[:3] == [None, away.value.message, lost.value.message]


def test_who_is_told_to_end_ends_soon_and_leaves_nothing(
    nursery: Nursery, sql: Sql, environment: str, root: Path
) -> None:
    world.seed(environment)
    refresh.run(trigger="test")
    exporting = SESSIONS.replace("tally%", "tally refresh%")  # this process keeps idle ones
    for step in STEPS:
        before = reader.current()
        sql("UPDATE item SET title = title || '.' WHERE mod(id, 2) = 0")
        child = nursery.start(
            "tests.faults.refresher:refresh_once",
            environment={**os.environ, **settings_of(environment, root)},
            step=step,
            number=int(signal.SIGTERM),
        )
        started = time.monotonic()
        assert child.receive() == ("end", 1)
        assert world.wait_until(child.is_gone, 10)
        assert time.monotonic() - started < 10
        assert reader.current() == before
        assert not list((root / "staging").glob("*"))
        assert world.wait_until(lambda: sql(exporting) == sql(LOCKS) == sql(RUNNING) == [(0,)], 5)
        assert "stopped" in str(sql("SELECT error FROM refresh_run ORDER BY id DESC LIMIT 1"))
    run = refresh.run(trigger="test")
    assert reader.current().generation == run.generation
    assert list(world.differences(environment, root / USERS, root / ITEMS)) == []


def test_who_takes_over_from_a_killed_process_is_one_who_waited(
    nursery: Nursery, sql: Sql, environment: str, root: Path
) -> None:
    """Somebody joined the refresh that is killed: then the one who joined does the work."""
    world.seed(environment)
    blocker = psycopg2.connect(environment, application_name="faults blocker")
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    child = nursery.start(
        "tests.faults.refresher:refresh_once",
        environment={**os.environ, **settings_of(environment, root)},
    )
    assert world.wait_until(lambda: sql(RUNNING) == [(1,)], 20)
    results: list[object] = []
    seen = threading.Event()

    def join() -> None:
        results.append(refresh.run(trigger="test", progress=lambda _: seen.set()).status)

    joiner = threading.Thread(target=join)
    joiner.start()
    assert seen.wait(20)
    child.signal(signal.SIGKILL)
    blocker.close()
    joiner.join(30)
    assert results == ["succeeded"]
    assert sql("SELECT status FROM refresh_run ORDER BY id") == [("failed",), ("succeeded",)]
    assert list(world.differences(environment, root / USERS, root / ITEMS)) == []
