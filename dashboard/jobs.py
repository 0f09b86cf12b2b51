"""The scheduled jobs as data, and the scheduler that runs them."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from opentelemetry.instrumentation.utils import suppress_instrumentation

from core.db.engine import transaction
from core.errors import TallyError, Unavailable
from core.refreshes import requests, rollback, verifications
from core.settings import get_settings
from core.sign_in import api_tokens, sessions
from core.snapshots import quarantine, reader
from core.telemetry.supervision import Failures
from dashboard.process.scheduler import Scheduler
from etl import refresh
from etl.errors import Held
from etl.verify import job as verification_job

REFRESH = "refresh"
REQUESTS = "requests"
RECOVERY = "recovery"
REQUESTED = "requested refresh"
REPAIR = "repair"
CHECK = "requested check"
POLL_INTERVAL = timedelta(seconds=5)
BACKOFF_SECONDS = (10, 30, 60, 120, 300)
CLEANUP_INTERVAL = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A recurring job: first at `first`, then at the interval `every`."""

    id: str
    work: Callable[[], object]
    every: timedelta
    first: datetime


@dataclass
class Backoff:
    """The delay after failures: it grows with each one in a row, up to `interval`."""

    interval: timedelta
    failures: int = 0

    def next(self) -> timedelta:
        """Count one more failure; return the delay after it."""
        seconds = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
        self.failures += 1
        return min(timedelta(seconds=seconds), self.interval)

    def reset(self) -> None:
        """Set the number of failures to 0."""
        self.failures = 0


def build(stop: threading.Event) -> Scheduler:
    """Return the scheduler with its jobs, not yet started, and connect it to `refreshes.requests`.

    Setting `stop` ends a running refresh; shut the scheduler down after that.
    """
    scheduler = Scheduler()
    for job in jobs(scheduler, stop):
        scheduler.add_job(
            _contained(job.id, job.work),
            "interval",
            id=job.id,
            seconds=job.every.total_seconds(),
            next_run_time=job.first,
        )

    def wake() -> None:
        _run_next(scheduler, REQUESTS, datetime.now(UTC))

    def repair() -> None:
        if reader.passed_over():
            work = _contained(REPAIR, lambda: _run(REPAIR, stop))
            scheduler.add_job(work, id=REPAIR, replace_existing=True)

    requests.connect(wake, next_run=lambda: _next_run(scheduler))
    quarantine.connect(repair)
    repair()  # a damaged snapshot may have been found before the line above
    return scheduler


def jobs(scheduler: Scheduler, stop: threading.Event) -> list[Job]:
    """Return all jobs; the automatic refresh is missing if its interval is set to 0.

    Requests are polled, as another process may have made them.
    """
    now = datetime.now(UTC)
    always = [
        Job(RECOVERY, refresh.recover, CLEANUP_INTERVAL, now),
        Job(REQUESTS, lambda: _run_requested(scheduler, stop), POLL_INTERVAL, now),
        Job("expired sessions", _delete_expired, CLEANUP_INTERVAL, now),
    ]
    interval = timedelta(minutes=get_settings().refresh_interval_minutes)
    if not interval:
        return always
    backoff = Backoff(interval)
    automatic = Job(
        REFRESH, lambda: _run_automatic(scheduler, stop, backoff), interval, _due(now, interval)
    )
    return [automatic, *always]


def _due(now: datetime, interval: timedelta) -> datetime:
    """Return when the next automatic refresh is due: now if the snapshot is missing or old."""
    try:
        taken_at = reader.current().taken_at
    except Unavailable:
        return now
    # At most one interval from now, even if the clock was ahead when the snapshot was taken.
    return min(max(taken_at + interval, now), now + interval)


def _run(trigger: str, stop: threading.Event) -> None:
    if not stop.is_set():
        refresh.run(trigger=trigger, stop=stop)


def _run_automatic(scheduler: Scheduler, stop: threading.Event, backoff: Backoff) -> None:
    """Refresh; after a failure, try again sooner than after the interval."""
    if rollback.find():
        return
    try:
        _run(refresh.AUTOMATIC, stop)
    except Held:
        backoff.reset()  # no retry, as a person has to decide
        raise
    except Exception:
        if not stop.is_set():
            _run_next(scheduler, REFRESH, datetime.now(UTC) + backoff.next())
        raise
    backoff.reset()


def _run_requested(scheduler: Scheduler, stop: threading.Event) -> None:
    """Start a requested refresh or verification in a job of its own, so that polling goes on.

    A refresh that is marked as running although its process is gone would block all requests, so
    it is closed here.
    """
    # No spans: this runs every few seconds, almost always in vain, and would bury other traces.
    with suppress_instrumentation(), transaction() as db:
        waiting, check = requests.open_run(db), verifications.open_check(db)
    if check is not None:
        _start_check(scheduler, stop, check.status)
    if waiting is None or stop.is_set():
        return
    if waiting.status != "requested":
        refresh.recover()
        return
    work = _contained(REQUESTED, lambda: _run("manual", stop))
    scheduler.add_job(work, id=REQUESTED, replace_existing=True)


def _start_check(scheduler: Scheduler, stop: threading.Event, status: str) -> None:
    if stop.is_set():
        return
    if status != "requested":
        verification_job.recover()
        return
    work = _contained(CHECK, lambda: verification_job.run_requested(stop))
    scheduler.add_job(work, id=CHECK, replace_existing=True)


def _delete_expired() -> None:
    with transaction() as db:
        sessions.delete_expired(db)
        api_tokens.delete_expired(db)


def _contained(id: str, work: Callable[[], object]) -> Callable[[], None]:
    """Wrap a job so that an exception ends only this run of it."""
    failures = Failures(f"The scheduled job {id}")

    def run() -> None:
        with failures.contained():
            try:
                work()
            except TallyError as error:
                log.warning("A scheduled job could not do its work: %s", error.message)

    return run


def _run_next(scheduler: Scheduler, job: str, at: datetime) -> None:
    with suppress(JobLookupError):  # the scheduler was shut down and has no jobs
        scheduler.modify_job(job, next_run_time=at)


def _next_run(scheduler: Scheduler) -> datetime | None:
    try:
        job = scheduler.get_job(REFRESH) if scheduler.running else None
    except JobLookupError:
        return None
    return job.next_run_time if job else None
