"""A refresh in bad surroundings: said in words, the last snapshot served, the next one right."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from core.errors import Unavailable
from core.snapshots import reader
from etl import refresh
from etl.extract import parquet_writer, workers
from etl.run import run_log
from etl.views import build
from tests.conftest import Sql, restart
from tests.etl.conftest import fill, last_run, take_snapshot


def fail_after(monkeypatch: pytest.MonkeyPatch, limit: int, number: int) -> None:
    """Let the disk take `limit` bytes of each file, and then fail with `number`."""
    write = parquet_writer.HashedFile.write

    def failing(self: parquet_writer.HashedFile, data: Any) -> int:
        if self.bytes + len(memoryview(data).cast("B")) > limit:
            raise OSError(number, os.strerror(number))
        return write(self, data)

    monkeypatch.setattr(parquet_writer.HashedFile, "write", failing)


@pytest.mark.parametrize("limit", [0, 100, 2_000])
def test_a_full_disk_leaves_the_last_snapshot(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    fill(sql, users=100, items=500)
    before = take_snapshot()
    fill_more = "INSERT INTO item (title, owner_id) SELECT 'new', 1 FROM generate_series(1, 50)"
    sql(fill_more)
    with monkeypatch.context() as patch:
        fail_after(patch, limit, 28)
        with pytest.raises(Unavailable, match="The disk that holds the snapshots is full"):
            refresh.run(trigger="test")
    run = last_run()
    assert (run.status, run.generation) == ("failed", None)
    assert run.error is not None
    assert "last snapshot stays in use" in run.error
    assert reader.current() == before
    assert not list((root / "staging").iterdir())
    assert take_snapshot().items == 550


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a tmpfs")
def test_a_really_full_disk(
    sql: Sql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", small]).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        monkeypatch.setenv("PARQUET_DATA_PATH", str(small))
        restart()
        fill(sql, users=50, items=100)
        before = take_snapshot()
        sql(
            "INSERT INTO item (title, description, owner_id)"
            " SELECT gen_random_uuid(), repeat(gen_random_uuid()::text, 5), 1"
            " FROM generate_series(1, 30000)"
        )
        with pytest.raises(Unavailable, match="is full"):
            refresh.run(trigger="test")
        assert reader.current() == before
        assert not list((small / "staging").iterdir())
    finally:
        restart()
        subprocess.run(["umount", "-l", small], check=True)


def test_a_folder_that_cannot_be_made(root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text("in the way")
    with pytest.raises(Unavailable, match="PARQUET_DATA_PATH"):
        refresh.run(trigger="test")
    assert last_run().status == "failed"


def test_a_deleted_folder_is_made_again_with_a_new_generation(sql: Sql, root: Path) -> None:
    first = take_snapshot()
    shutil.rmtree(root)
    with pytest.raises(Unavailable, match="There is no snapshot yet"):
        reader.current()
    second = take_snapshot()
    assert second.generation > first.generation


def test_postgresql_away_is_said_and_nothing_is_touched(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=5, items=5)
    before = take_snapshot()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nowhere")
    restart()
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        refresh.run(trigger="test")
    assert reader.current() == before


def test_postgresql_lost_in_the_middle(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=100, items=100)
    before = take_snapshot()
    sql("UPDATE \"user\" SET full_name = 'x' WHERE id = 1")
    sql("UPDATE item SET title = 'x' WHERE id = 1")
    monkeypatch.setenv("REFRESH_WORKERS", "1")
    restart()
    write_partition = parquet_writer.write_partition

    def lose(*arguments: Any, **options: Any) -> object:
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'tally refresh' AND datname = current_database()"
        )
        return write_partition(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "write_partition", lose)
        with pytest.raises(Unavailable, match="PostgreSQL was lost"):
            refresh.run(trigger="test")
    assert last_run().status == "failed"
    assert reader.current() == before
    assert take_snapshot().generation > before.generation


@pytest.mark.parametrize("how", ["stop", "deadline"])
def test_a_stop_ends_it_even_while_postgresql_makes_it_wait(
    sql: Sql, environment: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    fill(sql, users=5, items=5)
    if how == "deadline":
        monkeypatch.setenv("REFRESH_TIMEOUT_MINUTES", "0.01")
        restart()
    blocker = psycopg2.connect(environment)
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    stop = threading.Event()
    timer = threading.Timer(0.6, stop.set if how == "stop" else lambda: None)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Unavailable, match="stopped"):
        refresh.run(trigger="test", stop=stop)
    assert time.monotonic() - started < 5
    timer.join()
    blocker.close()
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tally refresh%'"
    deadline = time.monotonic() + 2  # a backend notices that its client left, and then ends
    while sql(f"{left} AND datname = current_database()") != [(0,)]:
        assert time.monotonic() < deadline
    assert last_run().status == "failed"


def test_an_unexpected_error_closes_the_row_and_is_raised(
    sql: Sql, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(build, "compute", broken)
    with pytest.raises(ZeroDivisionError):
        refresh.run(trigger="test")
    assert (last_run().status, last_run().error) == ("failed", run_log.UNEXPECTED)
