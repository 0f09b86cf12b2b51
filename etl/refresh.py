"""Runs a refresh from start to finish: lock, export, compute, verify, publish, record."""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg2
import pyarrow as pa

from core import process
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.embedded import private_files
from core.errors import TallyError, Unavailable
from core.refreshes import requests, rollback
from core.settings import get_settings
from core.snapshots import change_log
from core.snapshots.change_log import Change
from core.snapshots.lease import leased
from core.snapshots.manifest import Broken, Manifest
from core.telemetry import spans
from core.telemetry.setup import tracer
from etl.extract.datasets import TABLES
from etl.extract.exported_snapshot import LOST, export_snapshot
from etl.extract.exported_snapshot import reason as one_line
from etl.extract.plan import make as make_plan
from etl.publish import store as snapshot_store
from etl.publish.stage import Built, Target, build
from etl.run import lock, run_log, throttle
from etl.run.deadline import Limits
from etl.run.lock import RefreshLock
from etl.run.run_log import Progress, Record

AUTOMATIC = "schedule"  # nobody waits for these, so they are throttled
FOLLOW_SECONDS = 0.3
FULL_DISK = "The disk that holds the snapshots is full"
NOT_WRITABLE = "Tally may not write to the folder of the snapshots (PARQUET_DATA_PATH)"
UNUSABLE = "The folder of the snapshots (PARQUET_DATA_PATH) cannot be used: {reason}"
UNREADABLE = "A table could not be read from PostgreSQL to its end: {reason}"
KEPT = "{problem}. The last snapshot stays in use."
REASONS = {
    errno.ENOSPC: FULL_DISK,
    errno.EDQUOT: FULL_DISK,
    errno.EACCES: NOT_WRITABLE,
    errno.EPERM: NOT_WRITABLE,
    errno.EROFS: NOT_WRITABLE,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RefreshRequest:
    """The options of a refresh, and who requested it."""

    trigger: str
    requested_by: str | None = None
    full: bool = False
    accept_drop: bool = False


def run(
    *,
    trigger: str,
    requested_by: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    full: bool = False,
    accept_drop: bool = False,
) -> RefreshRun:
    """Refresh, or join the refresh of another process or thread; return its row at the end.

    `progress` is called in this thread. Set `stop` to end the refresh cleanly. `full` exports all
    partitions; `accept_drop` publishes even if many rows are gone. With either option, this waits
    for a running refresh and then starts another. Raises `Unavailable` if the refresh, its own or
    the joined one, fails or is held, and `Conflict` after a rollback. The error is also written to
    the row and the log.
    """
    settings = get_settings()
    limits = Limits(
        stop=stop or threading.Event(),
        deadline=time.monotonic() + settings.refresh_timeout_minutes * 60,
        pace=throttle.automatic() if trigger == AUTOMATIC else None,
    )
    tell = progress or _tell_nobody
    wish = RefreshRequest(trigger, requested_by, full, accept_drop)
    with tracer.start_as_current_span("refresh", attributes={"tally.trigger": trigger}) as span:
        try:
            with _lock(wish) as held:
                joined = _join(held, tell, limits)
                while joined is not None and (full or accept_drop):
                    joined = _join(held, tell, limits)
                row = joined or _run(held, tell, limits, wish)
        except TallyError as error:
            log.error("Refresh failed: %s", error.message)
            raise
        span.set_attribute("tally.generation", row.generation or 0)
        return row


@contextmanager
def _lock(wish: RefreshRequest) -> Iterator[RefreshLock]:
    """Connect to the lock; if PostgreSQL is down, remember the failure to record it later."""
    with ExitStack() as stack:
        try:
            held = stack.enter_context(lock.connect())
        except Unavailable as error:
            now = datetime.now(UTC)
            process.resource(run_log.Unwritten).append(
                run_log.Failure(wish.trigger, wish.requested_by, error.message, now)
            )
            raise
        yield held


def recover() -> None:
    """Clean up the rows and files of crashed refreshes, unless a refresh is running."""
    with lock.connect() as held:
        if held.acquire():
            with transaction() as db:
                run_log.write_failures(db)  # first, as it knows why some open rows ended
                run_log.close_orphan(db)
            with _explained():
                snapshot_store.clean(_root())


def _join(held: RefreshLock, tell: Callable[[Progress], None], limits: Limits) -> RefreshRun | None:
    """Follow another process's refresh to its end; return None once this process has the lock."""
    followed: int | None = None
    while not held.acquire():
        with transaction() as db:
            open_run = requests.open_run(db)
        if open_run is not None and open_run.status == "running" and followed is None:
            followed = open_run.id
        if followed is not None:
            row = run_log.find(followed)
            if row.status not in requests.OPEN:
                return _outcome(row)
            tell(Progress(row.step or "", row.parts_done, row.parts_total))
        limits.stop.wait(FOLLOW_SECONDS)
        limits.check()
    ended = run_log.find(followed) if followed is not None else None
    # If the row is still open, its process died, so this process refreshes.
    return _outcome(ended) if ended is not None and ended.status not in requests.OPEN else None


def _outcome(row: RefreshRun) -> RefreshRun:
    if row.status in requests.TROUBLE:
        raise Unavailable(row.error or run_log.UNEXPECTED)
    return row


def _run(
    held: RefreshLock, tell: Callable[[Progress], None], limits: Limits, wish: RefreshRequest
) -> RefreshRun:
    run = run_log.begin(trigger=wish.trigger, requested_by=wish.requested_by)
    accept_drop, full = wish.accept_drop or run.accept_drop, wish.full or run.full
    row = Record(run_id=run.id, tell=tell)
    try:
        with _explained(), spans.keeping(row.spans):
            return _refresh(held, row, limits, replace(wish, full=full, accept_drop=accept_drop))
    except Exception as error:
        row.fail(error)
        raise


def _refresh(held: RefreshLock, row: Record, limits: Limits, wish: RefreshRequest) -> RefreshRun:
    root = _root()
    with ExitStack() as staged:
        with ExitStack() as opened:
            with row.step("prepare"):
                private_files.make_folder(root)
                snapshot_store.clean(root)
                rollback.require_free(root)
                store = snapshot_store.store(root)
                exported_snapshot = opened.enter_context(export_snapshot(limits))
                plan = make_plan(exported_snapshot, root, store=store, full=wish.full)
                if plan.base is not None:  # so that it is not pruned meanwhile
                    opened.enter_context(leased(plan.base.folder))
            if plan.base is not None and plan.mode == "unchanged":
                return _unchanged(row, plan.base.manifest)
            generation = max(row.run_id, snapshot_store.newest_generation(root) + 1)
            folder = staged.enter_context(snapshot_store.stage(root, generation))
            target = Target(folder, generation, store)
            built = build(exported_snapshot, plan, target, accept_drop=wish.accept_drop, row=row)
        with row.step("publish"):
            limits.check()
            _publish(held, root, built)
    return row.succeed(
        mode=plan.mode,
        reason=plan.reason,
        generation=generation,
        users=built.manifest.users,
        items=built.manifest.items,
        parts_written=len(built.partitions),
        rows_written=sum(file.rows for file in built.partitions),
        changes=_sum_changes(plan.changes),
        bytes_written=sum(file.bytes for file in built.written),
    )


def _sum_changes(noted: Sequence[Change]) -> dict[str, list[int]]:
    """Return the numbers of inserted, updated and deleted rows by table."""
    return {
        table.name: [
            sum(c.inserted for c in noted if c.relation == table.name),
            sum(c.updated for c in noted if c.relation == table.name),
            sum(c.deleted for c in noted if c.relation == table.name),
        ]
        for table in TABLES
        if any(c.relation == table.name for c in noted)
    }


def _publish(held: RefreshLock, root: Path, built: Built) -> None:
    """Make the snapshot current, in steps between which a crash does no harm.

    First the checkpoint is added: after a crash here, the next refresh starts from the previous
    snapshot. Then the symlink changes. At last older checkpoints and change log entries are pruned.
    """
    manifest = built.manifest
    add_checkpoint = partial(
        change_log.add_checkpoint,
        store=manifest.store,
        token=manifest.token,
        pg_snapshot=manifest.pg_snapshot,
    )
    held.write(add_checkpoint)
    snapshot_store.publish(root, built.folder, manifest.generation)
    held.write(partial(change_log.prune, store=manifest.store, token=manifest.token))
    snapshot_store.prune(root)


def _unchanged(row: Record, manifest: Manifest) -> RefreshRun:
    return row.succeed(
        mode="unchanged",
        generation=manifest.generation,
        users=manifest.users,
        items=manifest.items,
        parts_written=0,
        rows_written=0,
        bytes_written=0,
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Translate errors of disk, files and database into messages for people."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # raised by Arrow, about the stream from PostgreSQL
            problem = UNREADABLE.format(reason=one_line(error))
            raise Unavailable(KEPT.format(problem=problem)) from error
        problem = REASONS.get(error.errno, UNUSABLE.format(reason=error.strerror or error))
        raise Unavailable(KEPT.format(problem=problem)) from error
    except Broken as error:
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
