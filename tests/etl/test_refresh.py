"""The refresh: right to the last row, at one instant, alone, and harmless when it fails."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas
import polars as pl
import psycopg2
import pytest

from core import refreshes, snapshots
from core.actors import Actor
from core.database import transaction
from core.errors import Unavailable
from core.models import RefreshRun
from core.settings import ROOT
from core.snapshots import ITEMS, USERS
from etl import extract, lock, parts, record, refresh, views
from etl.record import Progress
from etl.tables import PART_BITS
from tests.conftest import Sql, forget
from tests.etl.conftest import fill, rows, take_snapshot

Sql = Sql
USER_COLUMNS = "id, email, full_name, is_active, is_superuser, created_at"
ITEM_COLUMNS = "id, owner_id, title, description, created_at"


def last_run() -> RefreshRun:
    with transaction() as db:
        found = refreshes.latest_finished(db)
    assert found is not None
    return found


def test_both_tables_arrive_to_the_last_row(sql: Sql, root: Path) -> None:
    fill(sql, users=300, items=2_000)
    odd = ["Łukasz 😀", "a\tb\nc", '"quoted", ', "=1+1", "\u202ertl", "é", "e\u0301", "' OR 1"]
    for number, text in enumerate(odd):
        sql(
            'INSERT INTO "user" (email, hashed_password, full_name) VALUES (%s, %s, %s)',
            f"odd{number}@exämple.com",
            "hash",
            text,
        )
        sql("INSERT INTO item (title, description, owner_id) VALUES (%s, %s, %s)", text, text, 1)
    run = refresh.run(trigger="test")
    assert rows(root / USERS) == sql(f'SELECT {USER_COLUMNS} FROM "user" ORDER BY id')
    assert rows(root / ITEMS) == sql(f"SELECT {ITEM_COLUMNS} FROM item ORDER BY id")
    assert (run.status, run.mode, run.users, run.items) == ("succeeded", "full", 308, 2_008)
    assert (run.rows_written, run.parts_written) == (2_316, 2)
    assert (run.parts_done, run.parts_total, run.error) == (2, 2, None)
    assert list(run.step_seconds)
    assert run.bytes_written
    assert snapshots.current().generation == run.generation


def test_other_tools_read_the_constant_paths(sql: Sql, root: Path) -> None:
    fill(sql, users=20, items=50)
    refresh.run(trigger="test")
    columns = ["item_id", "owner_id", "title", "description", "created_at"]
    assert pl.read_parquet(root / ITEMS).columns == columns
    assert list(pandas.read_parquet(root / ITEMS).columns) == columns
    users = pl.read_parquet(root / USERS)
    assert users.height == 20
    assert users.schema["created_at"] == pl.Datetime("us", "UTC")
    assert "hash" not in str(users.to_dicts())


def test_an_empty_database_gives_empty_datasets(root: Path, environment: str) -> None:
    run = refresh.run(trigger="test")
    assert (run.users, run.items) == (0, 0)
    assert rows(root / USERS) == rows(root / ITEMS) == []
    assert pl.read_parquet(root / USERS).schema["user_id"] == pl.Int64


def test_ids_far_apart_negative_and_at_both_ends(sql: Sql, root: Path) -> None:
    ids = [-(2**63), -1, 0, 1, (1 << PART_BITS) - 1, 1 << PART_BITS, 2**40, 2**63 - 1]
    for number in ids:
        sql(
            'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE'
            " VALUES (%s, %s, '')",
            number,
            f"u{number}@example.com",
        )
    run = refresh.run(trigger="test")
    assert [row[0] for row in rows(root / USERS)] == ids
    assert run.parts_written == 7  # six parts have users, and an empty table is one part


def test_one_instant_for_both_tables_under_a_writer(sql: Sql, root: Path, environment: str) -> None:
    """The writer adds a user and an item in one transaction: a torn snapshot has more of one."""
    stop = threading.Event()

    def write() -> None:
        connection = psycopg2.connect(environment)
        while not stop.is_set():
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    'WITH owner AS (INSERT INTO "user" (email, hashed_password) VALUES'
                    " (gen_random_uuid()::text, '') RETURNING id)"
                    " INSERT INTO item (title, owner_id) SELECT 'x', id FROM owner"
                )
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for _ in range(5):
            snapshot = take_snapshot()
            users = pl.read_parquet(snapshot.files(USERS))["user_id"]
            items = pl.read_parquet(snapshot.files(ITEMS))["owner_id"]
            assert users.sort().equals(items.sort().alias("user_id"))
            counts.append(users.len())
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(set(counts)), "the writer wrote between the refreshes"


def test_progress_counts_parts_and_is_seen_in_the_row(sql: Sql, environment: str) -> None:
    fill(sql, users=3, items=5)
    seen: list[Progress] = []
    shown: list[str | None] = []

    def watch(now: Progress) -> None:
        seen.append(now)
        with transaction() as db:
            open_run = refreshes.open_run(db)
            shown.append(open_run.step if open_run else None)

    refresh.run(trigger="test", progress=watch)
    assert [now.done for now in seen if now.step == "export"] == [0, 1, 2]
    steps = list(dict.fromkeys(now.step for now in seen))
    assert steps == ["prepare", "export", "compute", "verify", "publish"]
    assert set(last_run().step_seconds) == set(steps)
    assert "export" in shown


def test_a_request_is_adopted_and_keeps_who_asked(staff: Actor) -> None:
    with transaction() as db:
        asked = refreshes.request_refresh(db, actor=staff)
    run = refresh.run(trigger="schedule")
    assert (run.id, run.trigger, run.requested_by) == (asked.id, "manual", staff.email)
    assert run.status == "succeeded"


def test_a_run_without_its_process_is_closed_as_interrupted(sql: Sql, root: Path) -> None:
    sql("INSERT INTO refresh_run (trigger, status) VALUES ('manual', 'running')")
    left = root / "staging" / "000000000001-x"
    left.mkdir(parents=True)
    run = refresh.run(trigger="schedule")
    found = sql("SELECT status, error FROM refresh_run WHERE id <> %s", run.id)
    assert found == [("failed", record.INTERRUPTED)]
    assert not left.exists()


def test_recover_closes_orphans_but_leaves_a_live_refresh_alone(sql: Sql, root: Path) -> None:
    sql("INSERT INTO refresh_run (trigger, status) VALUES ('manual', 'running')")
    (root / "staging" / "000000000001-x").mkdir(parents=True)
    with lock.connect() as other:
        assert other.acquire()
        refresh.recover()
        assert sql("SELECT status FROM refresh_run") == [("running",)]
        assert (root / "staging" / "000000000001-x").exists()
    refresh.recover()
    assert sql("SELECT status FROM refresh_run") == [("failed",)]
    assert not (root / "staging").exists()


def test_whoever_asks_while_one_runs_joins_it(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=10, items=10)
    entered, go_on = threading.Event(), threading.Event()
    compute = views.compute

    def slow_compute(*arguments: object) -> object:
        entered.set()
        assert go_on.wait(20)
        return compute(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(views, "compute", slow_compute)
    results: list[RefreshRun] = []
    seen: list[Progress] = []

    def ask(progress: Callable[[Progress], None] | None = None) -> None:
        results.append(refresh.run(trigger="test", progress=progress))

    first = threading.Thread(target=ask)
    first.start()
    assert entered.wait(20)
    second = threading.Thread(target=ask, args=(seen.append,))
    second.start()
    while not seen:
        time.sleep(0.01)
    go_on.set()
    first.join()
    second.join()
    assert results[0].id == results[1].id
    assert sql("SELECT count(*) FROM refresh_run") == [(1,)]
    assert len(list((root / "snapshots").iterdir())) == 1
    assert (seen[0].step, seen[0].done, seen[0].total) == ("compute", 2, 2)


def test_whoever_joins_takes_over_when_the_first_dies(sql: Sql, environment: str) -> None:
    sql("INSERT INTO refresh_run (trigger, status) VALUES ('manual', 'running')")
    results: list[RefreshRun] = []
    with lock.connect() as dying:
        assert dying.acquire()
        joiner = threading.Thread(target=lambda: results.append(refresh.run(trigger="test")))
        joiner.start()
        time.sleep(0.5)
        assert joiner.is_alive()
    joiner.join()
    assert results[0].status == "succeeded"
    assert sql("SELECT status FROM refresh_run ORDER BY id") == [("failed",), ("succeeded",)]


def test_a_joined_failure_is_told(sql: Sql, environment: str) -> None:
    sql("INSERT INTO refresh_run (trigger, status) VALUES ('manual', 'running')")
    told: list[Unavailable] = []

    def ask() -> None:
        with pytest.raises(Unavailable) as failure:
            refresh.run(trigger="test")
        told.append(failure.value)

    with lock.connect() as holder:
        assert holder.acquire()
        joiner = threading.Thread(target=ask)
        joiner.start()
        time.sleep(0.5)
        sql("UPDATE refresh_run SET status = 'failed', error = 'The disk is full.'")
        joiner.join()
    assert told[0].message == "The disk is full."


def fail_after(monkeypatch: pytest.MonkeyPatch, limit: int, number: int) -> None:
    """Let the disk take `limit` bytes of each file, and then fail with `number`."""
    write = parts.HashedFile.write

    def failing(self: parts.HashedFile, data: object) -> int:
        if self.bytes + len(memoryview(data).cast("B")) > limit:  # type: ignore[arg-type]
            raise OSError(number, os.strerror(number))
        return write(self, data)

    monkeypatch.setattr(parts.HashedFile, "write", failing)


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
    assert snapshots.current() == before
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
        forget()
        fill(sql, users=50, items=100)
        before = take_snapshot()
        sql(
            "INSERT INTO item (title, description, owner_id)"
            " SELECT gen_random_uuid(), repeat(gen_random_uuid()::text, 5), 1"
            " FROM generate_series(1, 30000)"
        )
        with pytest.raises(Unavailable, match="is full"):
            refresh.run(trigger="test")
        assert snapshots.current() == before
        assert not list((small / "staging").iterdir())
    finally:
        snapshots.forget()
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
        snapshots.current()
    second = take_snapshot()
    assert second.generation > first.generation


def test_postgresql_away_is_said_and_nothing_is_touched(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=5, items=5)
    before = take_snapshot()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nowhere")
    forget()
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached"):
        refresh.run(trigger="test")
    assert snapshots.current() == before


def test_postgresql_lost_in_the_middle(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=100, items=100)
    before = take_snapshot()
    sql("UPDATE \"user\" SET full_name = 'x' WHERE id = 1")
    sql("UPDATE item SET title = 'x' WHERE id = 1")
    monkeypatch.setenv("REFRESH_WORKERS", "1")
    forget()
    write_part = extract.write_part

    def lose(*arguments: object, **options: object) -> object:
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'tally refresh' AND datname = current_database()"
        )
        return write_part(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(extract, "write_part", lose)
        with pytest.raises(Unavailable, match="PostgreSQL was lost"):
            refresh.run(trigger="test")
    assert last_run().status == "failed"
    assert snapshots.current() == before
    assert take_snapshot().generation > before.generation


@pytest.mark.parametrize("how", ["stop", "deadline"])
def test_a_stop_ends_it_even_while_postgresql_makes_it_wait(
    sql: Sql, environment: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    fill(sql, users=5, items=5)
    if how == "deadline":
        monkeypatch.setenv("REFRESH_TIMEOUT_MINUTES", "0.01")
        forget()
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


def test_a_paused_process_cannot_publish_over_a_newer_snapshot(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = views.compute

    def overtaken(*arguments: object) -> object:
        """While this one sleeps, its connection is cut and another process refreshes."""
        monkeypatch.setattr(views, "compute", compute)
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'tally refresh lock' AND datname = current_database()"
        )
        taken = take_snapshot()
        assert taken.items == 0
        (root / "staging").mkdir(exist_ok=True)
        folder = Path(str(arguments[0]))
        for dataset in (USERS, ITEMS):
            (folder / dataset).mkdir(parents=True, exist_ok=True)
        return []

    monkeypatch.setattr(views, "compute", overtaken)
    with pytest.raises(Unavailable):
        refresh.run(trigger="test")
    generation = sql("SELECT max(generation) FROM refresh_run WHERE status = 'succeeded'")
    assert [(snapshots.current().generation,)] == generation
    assert len(list((root / "snapshots").iterdir())) == 1


def test_an_unexpected_error_closes_the_row_and_is_raised(
    sql: Sql, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(views, "compute", broken)
    with pytest.raises(ZeroDivisionError):
        refresh.run(trigger="test")
    assert (last_run().status, last_run().error) == ("failed", record.UNEXPECTED)


def script(environment: str, root: Path, **variables: str) -> subprocess.Popen[str]:
    known = {"DATABASE_URL": environment, "PARQUET_DATA_PATH": str(root)}
    return subprocess.Popen(
        [sys.executable, ROOT / "etl" / "export_to_parquet.py"],
        cwd="/",
        env={**os.environ, **known, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_script_runs_from_anywhere(sql: Sql, root: Path, environment: str) -> None:
    fill(sql, users=7, items=9)
    process = script(environment, root, OTEL_TRACES_EXPORTER="console")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "7 users and 9 items" in err
    assert "service=streamlit-analytics-app-etl-script" in err
    assert snapshots.current().items == 9


def test_the_script_fails_with_a_status_and_a_sentence(root: Path, environment: str) -> None:
    process = script("postgresql://nobody:x@127.0.0.1:1/nowhere", root)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "PostgreSQL cannot be reached" in " ".join(err.split())
    assert "Traceback" not in err


def test_sigterm_stops_the_script_cleanly(sql: Sql, root: Path, environment: str) -> None:
    fill(sql, users=5, items=5)
    blocker = psycopg2.connect(environment)
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    process = script(environment, root)
    while sql("SELECT status FROM refresh_run") != [("running",)]:
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    process.communicate(timeout=20)
    blocker.close()
    assert process.returncode == 1
    assert time.monotonic() - started < 10
    assert last_run().status == "failed"
    assert not (root / "staging").exists()  # it waited for the lock, and wrote nothing
