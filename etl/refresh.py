"""One refresh from start to finish: lock, export, compute, publish, and a record of it all."""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import cpu_count
from pathlib import Path

import psycopg2
import pyarrow as pa

from core import refreshes, snapshots
from core.database import transaction
from core.errors import TallyError, Unavailable
from core.models import RefreshRun
from core.settings import get_settings
from core.snapshots import File, Manifest
from core.telemetry import tracer
from etl import lock, record, snapshot, views
from etl.extract import LOST, Instant, extract, open_instant
from etl.limits import Limits
from etl.lock import RefreshLock
from etl.record import Progress, Record
from etl.tables import TABLES

FOLLOW_SECONDS = 0.3
FULL_DISK = "The disk that holds the snapshots is full"
NOT_WRITABLE = "Tally may not write to the folder of the snapshots (PARQUET_DATA_PATH)"
UNUSABLE = "The folder of the snapshots (PARQUET_DATA_PATH) cannot be used: {reason}"
KEPT = "{problem}. The last snapshot stays in use."
REASONS = {
    errno.ENOSPC: FULL_DISK,
    errno.EDQUOT: FULL_DISK,
    errno.EACCES: NOT_WRITABLE,
    errno.EPERM: NOT_WRITABLE,
    errno.EROFS: NOT_WRITABLE,
}

log = logging.getLogger(__name__)


def run(
    *,
    trigger: str,
    requested_by: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> RefreshRun:
    """Refresh, or join the refresh that another process or thread runs; return its row at the end.

    `progress` is called in this thread as work goes on; setting `stop` ends it cleanly. Raises
    `Unavailable` when the refresh, own or joined, fails: it is recorded in the row and the log.
    """
    limits = Limits(
        stop=stop or threading.Event(),
        deadline=time.monotonic() + get_settings().refresh_timeout_minutes * 60,
    )
    tell = progress or _tell_nobody
    with tracer.start_as_current_span("refresh", attributes={"tally.trigger": trigger}) as span:
        try:
            with lock.connect() as held:
                joined = _join(held, tell, limits)
                row = joined or _run(held, tell, limits, trigger, requested_by)
        except TallyError as error:
            log.error("Refresh failed: %s", error.message)
            raise
        span.set_attribute("tally.generation", row.generation or 0)
        return row


def recover() -> None:
    """Clean up after crashed refreshes, unless one runs now: their rows, and their files."""
    with lock.connect() as held:
        if held.acquire():
            with transaction() as db:
                record.close_orphan(db)
            snapshot.clean(_root())


def _join(held: RefreshLock, tell: Callable[[Progress], None], limits: Limits) -> RefreshRun | None:
    """Follow a refresh that runs elsewhere to its end; return None once this process may run."""
    followed: int | None = None
    while not held.acquire():
        with transaction() as db:
            open_run = refreshes.open_run(db)
        if open_run is not None and open_run.status == "running" and followed is None:
            followed = open_run.id
        if followed is not None:
            row = record.find(followed)
            if row.status not in refreshes.OPEN:
                return _outcome(row)
            tell(Progress(row.step or "", row.parts_done, row.parts_total))
        limits.stop.wait(FOLLOW_SECONDS)
        limits.check()
    ended = record.find(followed) if followed is not None else None
    # A followed row that is still open has lost its process: then it is for us to refresh.
    return _outcome(ended) if ended is not None and ended.status not in refreshes.OPEN else None


def _outcome(row: RefreshRun) -> RefreshRun:
    if row.status == "failed":
        raise Unavailable(row.error or record.UNEXPECTED)
    return row


def _run(
    held: RefreshLock,
    tell: Callable[[Progress], None],
    limits: Limits,
    trigger: str,
    requested_by: str | None,
) -> RefreshRun:
    run_id = record.begin(trigger=trigger, requested_by=requested_by)
    row = Record(run_id=run_id, tell=tell)
    try:
        with _explained():
            return _refresh(held, row, limits)
    except Exception as error:
        row.fail(error)
        raise


def _refresh(held: RefreshLock, row: Record, limits: Limits) -> RefreshRun:
    root = _root()
    with row.step("prepare"):
        root.mkdir(parents=True, exist_ok=True)
        snapshot.clean(root)
        generation = max(row.run_id, snapshot.newest_generation(root) + 1)
    with snapshot.stage(root, generation) as folder:
        with open_instant(limits) as instant, row.step("export", total=len(instant.tasks)):
            parts = _export(instant, folder, generation, row, limits)
        with row.step("compute"):
            limits.check()
            files = [*parts, *views.compute(folder, parts, limits)]
            manifest = _manifest(instant, generation, files)
        with row.step("verify"):
            limits.check()
            snapshot.seal(folder, manifest)
            snapshots.verify(folder)
        with row.step("publish"):
            limits.check()
            held.check()
            snapshot.publish(root, folder, generation)
            snapshot.prune(root)
    return row.succeed(
        mode="full",
        generation=generation,
        users=manifest.users,
        items=manifest.items,
        parts_written=len(parts),
        rows_written=sum(file.rows for file in parts),
        bytes_written=sum(file.bytes for file in files),
    )


def _export(
    instant: Instant, folder: Path, generation: int, row: Record, limits: Limits
) -> list[File]:
    return extract(
        instant,
        folder,
        generation=generation,
        tasks=instant.tasks,
        workers=get_settings().refresh_workers or cpu_count() or 1,
        limits=limits,
        done=lambda _: row.advance(),
    )


def _manifest(instant: Instant, generation: int, files: Sequence[File]) -> Manifest:
    users, items = (
        sum(file.rows for file in files if file.path.startswith(f"{table.dataset}/"))
        for table in TABLES
    )
    return Manifest(
        generation=generation,
        taken_at=instant.taken_at,
        database=instant.database,
        pg_snapshot=instant.pg_snapshot,
        users=users,
        items=items,
        files=tuple(files),
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the surroundings can do to a refresh into words for people."""
    try:
        yield
    except OSError as error:
        problem = REASONS.get(error.errno or 0, UNUSABLE.format(reason=error.strerror or error))
        raise Unavailable(KEPT.format(problem=problem)) from error
    except snapshots.Broken as error:
        problem = f"The new snapshot could not be read back: {error}"
        raise Unavailable(KEPT.format(problem=problem)) from error
    except pa.ArrowException as error:
        problem = f"The data could not be written as Parquet: {error}"
        raise Unavailable(KEPT.format(problem=problem)) from error
    except psycopg2.Error as error:
        raise Unavailable(LOST.format(reason=" ".join(str(error).split()))) from error


def _root() -> Path:
    return get_settings().parquet_path.resolve()


def _tell_nobody(_: Progress) -> None:
    return
