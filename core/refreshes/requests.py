"""Requests for refreshes: make one, follow the open one, read the history."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import process
from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.refresh_models import RefreshRun
from core.errors import Conflict, NotFound
from core.refreshes import rollback
from core.settings import get_settings
from core.telemetry.supervision import Failures

OPEN = ("requested", "running")
TROUBLE = ("failed", "held")


@dataclass
class Scheduling:
    """The scheduler of this process, if it has one: how to wake it, and when it refreshes next."""

    wake: Callable[[], None] | None = None
    next_run: Callable[[], datetime | None] | None = None
    failures: Failures = field(
        default_factory=lambda: Failures("Telling the scheduler of a request")
    )


@dataclass(frozen=True)
class Outlook:
    """When the next automatic refresh is: `at` if one is due, else `state` says why there is none.

    It can be turned off by a setting or paused; it is unknown in a process without the scheduler.
    """

    state: Literal["due", "off", "paused", "unknown"]
    at: datetime | None = None


@dataclass(frozen=True)
class Situation:
    """The state of refreshing: the open refresh, the one that ended last, failures in a row.

    `failures` counts those since the last success; the first of them ended at `since`.
    """

    running: RefreshRun | None = None
    latest: RefreshRun | None = None
    failures: int = 0
    since: datetime | None = None


def connect(
    wake: Callable[[], None], *, next_run: Callable[[], datetime | None] | None = None
) -> None:
    """Register what to call after a request is committed, and what knows the next refresh's time.

    The scheduler calls this when it is built.
    """
    scheduling = process.resource(Scheduling)
    scheduling.wake, scheduling.next_run = wake, next_run


def wake() -> None:
    """Tell this process's scheduler, if it has one, that a request is waiting."""
    scheduling = process.resource(Scheduling)
    if scheduling.wake is not None:
        with scheduling.failures.contained():  # the scheduler also polls
            scheduling.wake()


def next_run() -> datetime | None:
    """Return the time of this process's next automatic refresh, or None if there is none."""
    ask = process.resource(Scheduling).next_run
    return ask() if ask else None


def outlook() -> Outlook:
    """Return what this process knows about the next automatic refresh."""
    if not get_settings().refresh_interval_minutes:
        return Outlook("off")
    if process.resource(Scheduling).next_run is None:
        return Outlook("unknown")
    at = next_run()
    return Outlook("due", at) if at else Outlook("paused")


def request_refresh(db: Session, *, actor: Actor, trigger: str = "manual") -> RefreshRun:
    """Request a refresh, or join the open one; call `wake` after the commit.

    Raises `Conflict` while the data is rolled back to an older snapshot.
    """
    require_staff(db, actor, "refresh.request")
    rollback.require_free()
    request = insert(RefreshRun).values(trigger=trigger, requested_by=actor.email)
    created = db.scalar(request.on_conflict_do_nothing().returning(RefreshRun))
    run = created or open_run(db)
    if run is None:  # the open one ended between the two statements
        return request_refresh(db, actor=actor, trigger=trigger)
    trail.record(db, actor=actor, action="refresh.request", subject=run)
    return run


def release_held(db: Session, *, actor: Actor) -> RefreshRun:
    """Accept that many rows are gone: request a refresh that is published nevertheless.

    It publishes the data as of its own run, which may differ from what was held. Call `wake` after
    the commit. Raises `Forbidden` unless the actor is a superuser, and `NotFound` if the refresh
    that ended last was not held.
    """
    require_superuser(db, actor, "refresh.release")
    held = latest_finished(db)
    if held is None or held.status != "held":
        raise NotFound("No refresh is held back. It may have been released meanwhile.")
    run = _request_own(db, actor=actor, trigger="release")
    run.accept_drop = True
    trail.record(db, actor=actor, action="refresh.release", subject=held)
    return run


def request_full(db: Session, *, actor: Actor) -> RefreshRun:
    """Request a refresh that rewrites all partitions; call `wake` after the commit.

    Raises `Forbidden` unless the actor is a superuser, and `Conflict` while a refresh runs.
    """
    require_superuser(db, actor, "refresh.request_full")
    run = _request_own(db, actor=actor, trigger="full")
    run.full = True
    return run


def situation(db: Session) -> Situation:
    """Return the current state of refreshing."""
    latest = latest_finished(db)
    if latest is None or latest.status not in TROUBLE:
        return Situation(open_run(db), latest)
    success = select(func.max(RefreshRun.id)).where(RefreshRun.status == "succeeded")
    failures, since = db.execute(
        select(func.count(), func.min(RefreshRun.finished_at)).where(
            RefreshRun.status.in_(TROUBLE),
            RefreshRun.id > func.coalesce(success.scalar_subquery(), 0),
        )
    ).one()
    return Situation(open_run(db), latest, failures, since)


def trouble(db: Session) -> RefreshRun | None:
    """Return the refresh that ended last if it failed or was held back, else None."""
    latest = latest_finished(db)
    return latest if latest is not None and latest.status in TROUBLE else None


def spans(db: Session, *, actor: Actor, run_id: int) -> list[list[Any]]:
    """Return the spans of a refresh, in the form of `Kept.rows`; none while it runs."""
    require_staff(db, actor, "refresh.list")
    rows: list[list[Any]] | None = db.scalar(
        select(RefreshRun.spans).where(RefreshRun.id == run_id)
    )
    return rows or []


def open_run(db: Session) -> RefreshRun | None:
    """Return the refresh that is requested or running, or None."""
    return db.scalar(select(RefreshRun).where(RefreshRun.status.in_(OPEN)))


def latest_finished(db: Session) -> RefreshRun | None:
    """Return the refresh that ended last, whatever its outcome."""
    return db.scalar(
        select(RefreshRun)
        .where(RefreshRun.status.not_in(OPEN))
        .order_by(RefreshRun.id.desc())
        .limit(1)
    )


def history(db: Session, *, actor: Actor, limit: int = 50) -> list[RefreshRun]:
    """Return the newest refreshes, newest first."""
    require_staff(db, actor, "refresh.list")
    return list(db.scalars(select(RefreshRun).order_by(RefreshRun.id.desc()).limit(limit)))


def _request_own(db: Session, *, actor: Actor, trigger: str) -> RefreshRun:
    """Request a refresh with options of its own; a running one could not take them over."""
    run = request_refresh(db, actor=actor, trigger=trigger)
    db.refresh(run, with_for_update=True)  # the row lock keeps it from starting until the commit
    if run.status != "requested":
        raise Conflict("A refresh is running. Please try again when it has ended.", current={})
    return run
