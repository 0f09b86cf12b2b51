"""Records a refresh in PostgreSQL: its progress while it runs, and its outcome."""

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

from core import process
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
    """The progress of a refresh: `done` of `total` partitions of the step named `step`."""

    step: str
    done: int
    total: int


@dataclass(frozen=True)
class Failure:
    """A refresh that failed while PostgreSQL was down; `run_id` if it already had a row."""

    trigger: str
    requested_by: str | None
    error: str
    at: datetime
    run_id: int | None = None


class Unwritten(deque[Failure]):
    """Failures that are not in the history yet; the newest hundred, known to this process alone."""

    def __init__(self) -> None:
        super().__init__(maxlen=100)


@dataclass
class Record:
    """The row of this process's refresh; progress is saved at most every `SAVE_SECONDS`."""

    run_id: int
    tell: Callable[[Progress], None]
    seconds: dict[str, float] = field(default_factory=dict)
    spans: Kept = field(default_factory=Kept)
    now: Progress = field(default_factory=lambda: Progress("", 0, 0))
    partitions: Progress = field(default_factory=lambda: Progress("", 0, 0))
    _saved: float = 0.0

    @contextmanager
    def step(self, name: str, total: int = 0) -> Iterator[None]:
        """Time a step of the refresh, and open a span for it."""
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
        """Count one more partition as done."""
        self.now = self.partitions = Progress(self.now.step, self.now.done + 1, self.now.total)
        self._report(save=time.monotonic() - self._saved > SAVE_SECONDS)

    def succeed(self, **values: object) -> RefreshRun:
        """Close the row as succeeded with these values, and return it."""
        self._save(status="succeeded", **self._end(), **values)
        with transaction() as db:
            return db.get_one(RefreshRun, self.run_id)

    def fail(self, error: Exception) -> None:
        """Close the row as failed with the reason; if PostgreSQL is down, remember it for later."""
        message = error.message if isinstance(error, TallyError) else UNEXPECTED
        status = "held" if isinstance(error, Held) else "failed"
        try:
            self._save(status=status, **self._end(), error=message)
        except Unavailable:
            log.warning("Refresh %s failed, and its row could not be closed", self.run_id)
            failure = Failure("", None, message, datetime.now(UTC), self.run_id)
            process.resource(Unwritten).append(failure)

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
    """Take the open request or insert a row, mark it running, and return it.

    Only for the holder of the refresh lock: it closes running rows, whose process must have died.
    """
    with transaction() as db:
        write_failures(db)
        close_orphan(db)
        run = requests.open_run(db) or _insert(db, trigger=trigger, requested_by=requested_by)
        run.status = "running"
        run.started_at = func.clock_timestamp()
        run.trace_id = trace_id()
        db.flush()
        db.refresh(run)  # its `full` and `accept_drop` may have been set in the meantime
        return run


def write_failures(db: Session) -> None:
    """Write the failures from while PostgreSQL was down. Only for the holder of the refresh lock.

    They are removed from `Unwritten` when the transaction commits.
    """
    told = list(process.resource(Unwritten))
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
        with suppress(ValueError):  # a newer failure may have pushed it out
            process.resource(Unwritten).remove(failure)


def close_orphan(db: Session) -> None:
    """Mark a row that is still running as failed. Only for the holder of the refresh lock."""
    running = update(RefreshRun).where(RefreshRun.status == "running")
    db.execute(
        running.values(status="failed", finished_at=func.clock_timestamp(), error=INTERRUPTED)
    )


def find(run_id: int) -> RefreshRun:
    """Return the current row of a run."""
    with transaction() as db:
        return db.get_one(RefreshRun, run_id)


def _insert(db: Session, *, trigger: str, requested_by: str | None) -> RefreshRun:
    row = insert(RefreshRun).values(trigger=trigger, requested_by=requested_by)
    made = db.scalar(row.on_conflict_do_nothing().returning(RefreshRun))
    # If a request was inserted at the same moment, run that one.
    return made or requests.open_run(db) or _insert(db, trigger=trigger, requested_by=requested_by)
