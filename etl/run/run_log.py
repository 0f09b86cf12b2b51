"""The row of a refresh in PostgreSQL: how it goes while it runs, and how it ended."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import engine
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.errors import TallyError, Unavailable
from core.refreshes import requests
from core.telemetry import spans
from core.telemetry.setup import trace_id
from core.telemetry.spans import Kept
from etl.errors import Held
from etl.run.lock import AWAY, KEPT

INTERRUPTED = "Interrupted: the process that refreshed ended before the refresh did."
TAKEN_OVER = "Another process took this refresh over, so it was given up here."
UNEXPECTED = "The refresh failed unexpectedly. The log tells more. The last snapshot stays in use."
SAVE_SECONDS = 0.3

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a refresh is: `done` of `total` parts of the step named `step`."""

    step: str
    done: int
    total: int


@dataclass(frozen=True)
class Failure:
    """A refresh that failed while PostgreSQL was away; `run_id` where its row was there already."""

    trigger: str
    requested_by: str | None
    error: str
    at: datetime
    run_id: int | None = None


# Failures that are not in the history yet; the newest hundred, kept by this process alone.
unwritten: deque[Failure] = deque(maxlen=100)


@dataclass
class Record:
    """The row of the refresh that this process runs, kept up to date, but not for every part."""

    run_id: int
    tell: Callable[[Progress], None]
    seconds: dict[str, float] = field(default_factory=dict)
    spans: Kept = field(default_factory=Kept)
    now: Progress = field(default_factory=lambda: Progress("", 0, 0))
    partitions: Progress = field(default_factory=lambda: Progress("", 0, 0))
    _saved: float = 0.0

    @contextmanager
    def step(self, name: str, total: int = 0) -> Iterator[None]:
        """Time one step of the refresh, in a span of its own."""
        started = time.monotonic()
        with spans.opened(f"refresh {name}"):
            self.now = Progress(name, 0, total)
            self.partitions = (
                self.now if total else self.partitions
            )  # a step without parts keeps the count
            self._report(save=True)
            try:
                yield
            finally:
                self.seconds[name] = round(time.monotonic() - started, 3)

    def advance(self) -> None:
        """Count one more part as done."""
        self.now = self.partitions = Progress(self.now.step, self.now.done + 1, self.now.total)
        self._report(save=time.monotonic() - self._saved > SAVE_SECONDS)

    def succeed(self, **values: object) -> RefreshRun:
        """Close the row with what the refresh wrote, and return it."""
        self._save(status="succeeded", **self._end(), **values)
        with transaction() as db:
            return db.get_one(RefreshRun, self.run_id)

    def fail(self, error: Exception) -> None:
        """Close the row with the reason; where PostgreSQL is away, the log has to do."""
        message = error.message if isinstance(error, TallyError) else UNEXPECTED
        status = "held" if isinstance(error, Held) else "failed"
        try:
            self._save(status=status, **self._end(), error=message)
        except Unavailable:
            log.warning("Refresh %s failed, and its row could not be closed", self.run_id)
            unwritten.append(Failure("", None, message, datetime.now(UTC), self.run_id))

    def _end(self) -> dict[str, Any]:
        return {"finished_at": func.clock_timestamp(), "spans": self.spans.rows()}

    def _report(self, *, save: bool) -> None:
        self.tell(self.now)
        if save:
            self._save()
            self._saved = time.monotonic()

    def _save(self, **values: object) -> None:
        if self.now.step:
            values["step"] = self.now.step
        open_row = update(RefreshRun).where(
            RefreshRun.id == self.run_id, RefreshRun.status == "running"
        )
        saved = open_row.values(
            step_seconds=self.seconds,
            parts_done=self.partitions.done,
            parts_total=self.partitions.total,
            **values,
        )
        try:
            with transaction() as db:
                found: Any = db.scalar(saved.returning(RefreshRun.id))
        except Unavailable as error:
            away = error.message == engine.AWAY
            raise Unavailable(AWAY if away else KEPT.format(reason=error.message)) from error
        if found is None:
            raise Unavailable(TAKEN_OVER)


def begin(*, trigger: str, requested_by: str | None) -> RefreshRun:
    """Adopt the open request or make a row, mark it running, and return it.

    Only for the holder of the refresh lock: a row that runs already is one whose process is gone.
    """
    with transaction() as db:
        write_failures(db)
        close_orphan(db)
        run = requests.open_run(db) or _insert(db, trigger=trigger, requested_by=requested_by)
        run.status = "running"
        run.started_at = func.clock_timestamp()
        run.trace_id = trace_id()
        db.flush()
        db.refresh(run)  # somebody may have added a wish until a moment ago
        return run


def write_failures(db: Session) -> None:
    """Add to the history what failed while PostgreSQL was away. Only for the lock's holder.

    They count as told when the transaction is committed, and not before.
    """
    told = list(unwritten)
    for failure in told:
        closed: dict[str, Any] = {
            "status": "failed",
            "error": failure.error,
            "finished_at": failure.at,
        }
        if failure.run_id is None:
            asked = {"trigger": failure.trigger, "requested_by": failure.requested_by}
            db.execute(insert(RefreshRun).values(**asked, **closed, requested_at=failure.at))
        else:
            row = update(RefreshRun).where(RefreshRun.id == failure.run_id)
            db.execute(row.where(RefreshRun.status == "running").values(**closed))
    event.listen(db, "after_commit", lambda _: _forget(told), once=True)


def _forget(told: list[Failure]) -> None:
    for failure in told:
        with suppress(ValueError):  # the newest hundred are kept: it may have gone by itself
            unwritten.remove(failure)


def close_orphan(db: Session) -> None:
    """Mark a running row as failed. Only for the holder of the refresh lock, before it begins."""
    running = update(RefreshRun).where(RefreshRun.status == "running")
    db.execute(
        running.values(status="failed", finished_at=func.clock_timestamp(), error=INTERRUPTED)
    )


def find(run_id: int) -> RefreshRun:
    """Return a row as it is now."""
    with transaction() as db:
        return db.get_one(RefreshRun, run_id)


def _insert(db: Session, *, trigger: str, requested_by: str | None) -> RefreshRun:
    row = insert(RefreshRun).values(trigger=trigger, requested_by=requested_by)
    made = db.scalar(row.on_conflict_do_nothing().returning(RefreshRun))
    # Somebody's request came in between: that is the one to run.
    return made or requests.open_run(db) or _insert(db, trigger=trigger, requested_by=requested_by)
