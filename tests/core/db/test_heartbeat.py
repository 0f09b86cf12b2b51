"""A PostgreSQL that is stalled, not away: noticed on our side, and fine again when it goes on."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import text

from core.db import engine, heartbeat
from core.embedded import server as embedded_server
from core.errors import Unavailable
from etl.extract import arrow_reader
from tests.conftest import execute, restart, use


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psutil.Process]:
    """A PostgreSQL of one's own, which Tally uses and keeps an eye on."""
    monkeypatch.setattr(heartbeat, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.1)
    folder = Path(tempfile.mkdtemp(prefix="tally-test-"))
    hold = embedded_server.hold(folder / "pg")
    use(monkeypatch, url=hold.url, folder=tmp_path / "data")
    process = psutil.Process(int((folder / "pg/postmaster.pid").read_text().split()[0]))
    with engine.heartbeat().kept():
        yield process
        with suppress(psutil.NoSuchProcess):
            stall(process, on=False)
    restart()
    hold.end()
    shutil.rmtree(folder)


def stall(server: psutil.Process, *, on: bool) -> None:
    """Stop the postmaster and all its processes, or let them go on."""
    for process in (server, *server.children(recursive=True)):
        # One that ended just before the stall is gone once the postmaster goes on.
        with suppress(psutil.NoSuchProcess) if process != server else nullcontext():
            process.suspend() if on else process.resume()


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_a_stalled_server_is_noticed_by_all_who_wait_for_it(server: psutil.Process) -> None:
    url = engine.database_url()
    with closing(psycopg2.connect(url)) as exporting, exporting.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone() or ("",)
        failures: list[Exception] = []

        def wait(work: Callable[[], object]) -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - each library has its own
                failures.append(error)

        def ask() -> None:
            with engine.transaction() as db:
                db.execute(text("SELECT pg_sleep(60)"))

        def listen() -> None:
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as lines:
                lines.execute("LISTEN something")
                lines.execute("SELECT pg_sleep(60)")

        def read() -> None:
            with arrow_reader.connect(exported) as rows:
                rows.ask("SELECT pg_sleep(60)::text::int")

        waiting = [threading.Thread(target=wait, args=(work,)) for work in (ask, listen, read)]
        for thread in waiting:
            thread.start()
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(60)%%'"
        assert until(lambda: asleep(url, sleeping) >= len(waiting))
        stall(server, on=True)
        begun = time.monotonic()
        for thread in waiting:
            thread.join(30)

    assert time.monotonic() - begun < 15
    assert len(failures) == len(waiting)
    assert engine.heartbeat().is_stalled
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer"), engine.transaction():
        pass
    assert time.monotonic() - begun < 0.5, "nobody waits again"

    stall(server, on=False)

    assert until(lambda: not engine.heartbeat().is_stalled)
    with engine.transaction() as db:
        assert db.scalar(text("SELECT 1")) == 1


def asleep(url: str, query: str) -> int:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        (count,) = cursor.fetchone() or (0,)
        return int(count)


def test_a_long_query_is_waited_for(server: psutil.Process) -> None:
    execute(engine.database_url(), "SELECT pg_sleep(3)")
    assert not engine.heartbeat().is_stalled


def test_a_server_that_is_away_is_not_stalled(server: psutil.Process) -> None:
    server.kill()
    server.wait()

    def answers() -> bool:
        try:
            with engine.transaction() as db:
                return bool(db.scalar(text("SELECT 1")))
        except Unavailable:
            return False

    assert until(answers, 30)
    assert not engine.heartbeat().is_stalled
