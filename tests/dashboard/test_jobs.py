"""The scheduler: what runs when, and that a request is answered at once."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from core import process
from core.actor import Actor
from core.db.engine import Database, transaction
from core.db.refresh_models import RefreshRun
from core.errors import Unavailable
from core.refreshes import requests
from core.snapshots import reader
from core.snapshots.integrity import VerifiedFiles
from core.snapshots.reader import ITEMS, Snapshots
from dashboard import jobs as schedule
from dashboard.process.scheduler import Scheduler
from etl import refresh
from etl.run import run_log
from tests.conftest import Sql, read_settings, restart, sign_in
from tests.etl.conftest import fill
from tests.faults import world


@pytest.fixture
def start(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Scheduler]]:
    """Start the scheduler with an interval in minutes, as the server does; stopped at the end."""
    stop = threading.Event()
    started: list[Scheduler] = []

    def build(minutes: str) -> Scheduler:
        monkeypatch.setenv("REFRESH_INTERVAL_MINUTES", minutes)
        read_settings()
        scheduler = schedule.build(stop)
        scheduler.start()
        started.append(scheduler)
        return scheduler

    yield build
    stop.set()
    for scheduler in started:
        if scheduler.running:
            scheduler.shutdown(wait=True)


def finished(*, after: int = 0) -> RefreshRun:
    """Wait for a refresh to end, one of a later generation than `after`."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with transaction() as db:
            found = requests.latest_finished(db)
        if found is not None and (found.generation or 0) >= after + bool(after):
            return found
        time.sleep(0.02)
    raise AssertionError("no refresh ended in time")


def test_the_first_refresh_is_taken_at_once_when_there_is_none(
    start: Callable[[str], Scheduler],
) -> None:
    start("15")
    assert finished().trigger == "schedule"
    assert reader.current().items == 0
    following = requests.next_run()
    assert following is not None
    assert timedelta(minutes=14) < following - datetime.now(UTC) <= timedelta(minutes=15)


def test_a_fresh_snapshot_is_not_taken_again_at_start(
    start: Callable[[str], Scheduler],
) -> None:
    refresh.run(trigger="test")
    taken_at = reader.current().taken_at
    start("15")
    following = requests.next_run()
    assert following == taken_at + timedelta(minutes=15)


def test_zero_turns_automatic_refreshes_off_but_requests_work(
    start: Callable[[str], Scheduler], staff: Actor
) -> None:
    start("0")
    assert requests.next_run() is None
    time.sleep(0.3)
    with pytest.raises(Unavailable):
        reader.current()
    with transaction() as db:
        asked = requests.request_refresh(db, actor=staff)
    before = time.monotonic()
    requests.wake()
    assert finished().id == asked.id
    assert time.monotonic() - before < schedule.POLL_INTERVAL.total_seconds() - 1


def test_a_request_of_another_process_is_found(
    start: Callable[[str], Scheduler], staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "POLL_INTERVAL", timedelta(seconds=0.2))
    start("0")
    with transaction() as db:
        asked = requests.request_refresh(db, actor=staff)
    assert finished().id == asked.id


def test_jobs_neither_pile_up_nor_get_lost(
    start: Callable[[str], Scheduler],
) -> None:
    jobs = start("15").get_jobs()
    assert {job.id for job in jobs} >= {"refresh", "requests", "expired sessions"}
    assert all((job.coalesce, job.max_instances) == (True, 1) for job in jobs)
    assert all(job.misfire_grace_time is None for job in jobs)


def test_a_job_survives_postgresql_being_away(
    start: Callable[[str], Scheduler],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nowhere")
    scheduler = start("15")
    deadline = time.monotonic() + 20
    while "PostgreSQL cannot be reached" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "PostgreSQL cannot be reached" in caplog.text
    assert "Traceback" not in caplog.text
    assert scheduler.get_job("refresh") is not None


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_whatever_happens_to_a_job_is_told_once_and_it_runs_again(
    start: Callable[[str], Scheduler],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
) -> None:
    runs: list[None] = []

    def fail() -> None:
        runs.append(None)
        raise error

    monkeypatch.setattr(schedule, "POLL_INTERVAL", timedelta(seconds=0.02))
    monkeypatch.setattr(requests, "open_run", lambda _: fail())
    scheduler = start("0")
    assert world.wait_until(lambda: len(runs) > 3, 10)
    assert scheduler.watcher.trouble() is None
    told = [
        r for r in caplog.records if r.message == "The scheduled job requests failed, and goes on."
    ]
    assert len(told) == 1


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_whatever_happens_to_the_schedulers_own_thread_it_goes_on(
    start: Callable[[str], Scheduler], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    failed: list[None] = []

    def fail_twice(self: BackgroundScheduler) -> object:
        if len(failed) < 2:
            failed.append(None)
            raise error
        return look(self)

    look = BackgroundScheduler._process_jobs
    monkeypatch.setattr(BackgroundScheduler, "_process_jobs", fail_twice)
    monkeypatch.setattr("dashboard.process.scheduler.RETRY_SECONDS", 0.01)
    scheduler = start("15")
    assert finished().trigger == "schedule"
    assert scheduler.watcher.trouble() is None
    scheduler.shutdown()
    assert scheduler.watcher.trouble() == "The scheduler has ended"


def test_expired_sessions_are_deleted(
    start: Callable[[str], Scheduler], sql: Sql, staff: Actor
) -> None:
    with transaction() as db:
        sign_in(db, staff.email)
    assert sql("SELECT count(*) FROM auth_session") == [(1,)]
    sql("UPDATE auth_session SET expires_at = now() - interval '1 second'")
    start("0")
    deadline = time.monotonic() + 20
    while sql("SELECT count(*) FROM auth_session") != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_waking_a_scheduler_that_was_shut_down_is_harmless(
    start: Callable[[str], Scheduler],
) -> None:
    start("15").shutdown()
    requests.wake()
    assert requests.next_run() is None


def test_a_job_that_changes_jobs_does_not_keep_the_end_waiting(
    start: Callable[[str], Scheduler],
) -> None:
    scheduler = start("0")
    begun = threading.Event()

    def work() -> None:
        begun.set()
        while scheduler.running:
            time.sleep(0.01)
        time.sleep(0.1)
        scheduler.add_job(print)

    scheduler.add_job(work)
    assert begun.wait(10)
    end = threading.Thread(target=scheduler.shutdown, daemon=True)
    end.start()
    end.join(10)
    assert not end.is_alive()


@pytest.mark.parametrize("met", ["before", "after"])
def test_a_damaged_snapshot_is_replaced_at_once(
    start: Callable[[str], Scheduler], sql: Sql, root: Path, met: str
) -> None:
    refresh.run(trigger="test")
    fill(sql, users=3, items=3)
    refresh.run(trigger="test")
    bad = reader.current()
    flip(Path(bad.files(ITEMS)[0]))
    if met == "before":
        start("0")
    process.current().put(Snapshots())
    process.current().put(VerifiedFiles())
    assert reader.current() != bad
    if met == "after":
        start("0")
    repaired = finished(after=bad.generation)
    assert (repaired.trigger, repaired.mode) == ("repair", "full")
    assert "is not what was written" in (repaired.reason or "")
    assert reader.current().items == 3


def flip(path: Path) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_after_failures_it_tries_again_sooner_and_then_later(
    start: Callable[[str], Scheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "BACKOFF_SECONDS", (0.1, 0.2, 60))
    tried: list[float] = []

    def fail(**_: object) -> None:
        tried.append(time.monotonic())
        raise Unavailable("PostgreSQL is away.")

    monkeypatch.setattr(refresh, "run", fail)
    start("1")
    while len(tried) < 3:
        time.sleep(0.01)
    time.sleep(0.3)
    assert len(tried) == 3
    assert tried[1] - tried[0] < tried[2] - tried[1] + 0.05
    due = requests.next_run()
    assert due is not None
    assert timedelta(seconds=30) < due - datetime.now(UTC) <= timedelta(seconds=60)


def test_the_wait_grows_to_the_interval_and_begins_anew() -> None:
    backoff = schedule.Backoff(timedelta(minutes=1))
    waits = [backoff.next().total_seconds() for _ in range(6)]
    assert waits == [10, 30, 60, 60, 60, 60]
    backoff.reset()
    assert backoff.next() == timedelta(seconds=10)


def test_what_failed_while_postgresql_was_away_is_told_later(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/nowhere")
        restart()
        with pytest.raises(Unavailable):
            refresh.run(trigger="schedule")
    read_settings()
    process.current().put(Database())
    refresh.run(trigger="schedule")
    with transaction() as db:
        told = requests.history(db, actor=Actor.system("test"))
    assert [run.status for run in told] == ["succeeded", "failed"]
    assert "PostgreSQL cannot be reached" in (told[1].error or "")


def test_what_could_not_be_told_after_all_is_told_the_next_time(environment: str) -> None:
    failure = run_log.Failure("schedule", None, "PostgreSQL was away.", datetime.now(UTC))
    process.resource(run_log.Unwritten).append(failure)
    with transaction() as db:
        run_log.write_failures(db)
        db.rollback()
    for _ in range(2):  # the second time there is nothing left to tell
        with transaction() as db:
            run_log.write_failures(db)
    with transaction() as db:
        told = requests.history(db, actor=Actor.system("test"))
    assert [run.error for run in told] == ["PostgreSQL was away."]
