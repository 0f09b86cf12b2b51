"""One refresh at a time: requests are adopted, orphans closed, and whoever comes later joins."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.errors import Unavailable
from core.refreshes import requests
from core.snapshots import reader
from core.snapshots.manifest import File
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.run import lock, run_log
from etl.run.run_log import Progress
from etl.views import build
from etl.views.staged import StagedSnapshot
from tests.conftest import Sql
from tests.etl.conftest import fill, take_snapshot


def test_a_request_is_adopted_and_keeps_who_asked(staff: Actor) -> None:
    with transaction() as db:
        asked = requests.request_refresh(db, actor=staff)
    run = refresh.run(trigger="schedule")
    assert (run.id, run.trigger, run.requested_by) == (asked.id, "manual", staff.email)
    assert run.status == "succeeded"


def test_a_run_without_its_process_is_closed_as_interrupted(sql: Sql, root: Path) -> None:
    sql("INSERT INTO refresh_run (trigger, status) VALUES ('manual', 'running')")
    left = root / "staging" / "000000000001-x"
    left.mkdir(parents=True)
    run = refresh.run(trigger="schedule")
    found = sql("SELECT status, error FROM refresh_run WHERE id <> %s", run.id)
    assert found == [("failed", run_log.INTERRUPTED)]
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
    compute = build.compute

    def slow_compute(*arguments: Any) -> object:
        entered.set()
        assert go_on.wait(20)
        return compute(*arguments)

    monkeypatch.setattr(build, "compute", slow_compute)
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


def test_a_paused_process_cannot_publish_over_a_newer_snapshot(
    sql: Sql, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = build.compute

    def overtaken(staged: StagedSnapshot) -> list[File]:
        """While this one sleeps, its connection is cut and another process refreshes."""
        monkeypatch.setattr(build, "compute", compute)
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'tally refresh lock' AND datname = current_database()"
        )
        taken = take_snapshot()
        assert taken.items == 0
        (root / "staging").mkdir(exist_ok=True)
        for dataset in (USERS, ITEMS):
            (staged.folder / dataset).mkdir(parents=True, exist_ok=True)
        return []

    monkeypatch.setattr(build, "compute", overtaken)
    with pytest.raises(Unavailable):
        refresh.run(trigger="test")
    generation = sql("SELECT max(generation) FROM refresh_run WHERE status = 'succeeded'")
    assert [(reader.current().generation,)] == generation
    assert len(list((root / "snapshots").iterdir())) == 1
