"""Runs a requested verification in the background, and records its progress and findings."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import update

from core.db.engine import transaction
from core.db.refresh_models import SnapshotCheck
from core.errors import TallyError, Unavailable
from core.refreshes import verifications
from core.telemetry.setup import trace_id, tracer
from etl.run import lock
from etl.run.run_log import SAVE_SECONDS, Progress
from etl.verify import verification
from etl.verify.verification import Report

KEY = 0x7A11_0004  # an arbitrary number that no other lock of this database uses
MOST_FINDINGS = 50
INTERRUPTED = "Interrupted: the process that compared ended before the check did."
UNEXPECTED = "The check failed unexpectedly. The log tells more."


def run_requested(stop: threading.Event) -> None:
    """Run the requested check, if there is one and no other process runs it."""
    with lock.connect(KEY) as held:
        if not held.acquire():
            return
        _close_orphan()
        with transaction() as db:
            check = verifications.open_check(db)
            if check is None:
                return
            check.status, check.started_at = "running", datetime.now(UTC)
        with tracer.start_as_current_span("check snapshot"):
            _run(check.id, stop)


def recover() -> None:
    """Mark a check as failed if its process died."""
    with lock.connect(KEY) as held:
        if held.acquire():
            _close_orphan()


def _run(check_id: int, stop: threading.Event) -> None:
    save = partial(_save, check_id)
    save(trace_id=trace_id())
    try:
        report = verification.verify(progress=_teller(save), stop=stop)
    except TallyError as error:
        _finish(save, status="failed", error=error.message)
    except Exception:
        _finish(save, status="failed", error=UNEXPECTED)
        raise
    else:
        _finish(save, status="succeeded", **_describe(report))


def _describe(report: Report) -> dict[str, object]:
    lines = [f"Different: {difference}" for difference in report.wrong]
    lines += [f"Changed since: {difference}" for difference in report.newer]
    return {
        "generation": report.generation,
        "wrong": len(report.wrong),
        "newer": len(report.newer),
        "findings": lines[:MOST_FINDINGS],
    }


def _teller(save: Callable[..., None]) -> Callable[[Progress], None]:
    saved = 0.0

    def tell(now: Progress) -> None:
        nonlocal saved
        if time.monotonic() - saved > SAVE_SECONDS or now.done == now.total:
            save(parts_done=now.done, parts_total=now.total)
            saved = time.monotonic()

    return tell


def _finish(save: Callable[..., None], **values: object) -> None:
    with suppress(Unavailable):  # `recover` closes it once PostgreSQL is back
        save(finished_at=datetime.now(UTC), **values)


def _save(check_id: int, **values: object) -> None:
    with transaction() as db:
        db.execute(update(SnapshotCheck).where(SnapshotCheck.id == check_id).values(**values))


def _close_orphan() -> None:
    with transaction() as db:
        running = update(SnapshotCheck).where(SnapshotCheck.status == "running")
        db.execute(
            running.values(status="failed", finished_at=datetime.now(UTC), error=INTERRUPTED)
        )
