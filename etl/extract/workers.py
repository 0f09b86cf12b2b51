"""Exports partitions over several connections, all of the same instant."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from adbc_driver_manager import Error as AdbcError
from opentelemetry import context

from core.db.engine import CONNECT_TIMEOUT_SECONDS, database_url
from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots.manifest import File
from core.telemetry import spans
from etl.errors import KEPT, Rejected
from etl.extract import arrow_reader
from etl.extract.arrow_reader import Reader
from etl.extract.datasets import Table
from etl.extract.exported_snapshot import LOST, ExportedSnapshot, reason
from etl.extract.parquet_writer import write_partition
from etl.extract.plan import Task
from etl.run.deadline import STOPPED, WATCH_SECONDS, Limits
from etl.run.parallel import open_pool

ROWS_DIFFER = (
    'Of part {partition} of the table "{table}", {exported:,} rows were exported, and the database'
    " has {counted:,}."
)


def extract(
    exported_snapshot: ExportedSnapshot,
    folder: Path,
    tasks: tuple[Task, ...],
    *,
    generation: int,
    done: Callable[[File], None],
) -> list[File]:
    """Write the partitions to `folder`; each worker uses its own connection.

    `done` is called in this thread after each partition. If a worker fails or the limits are over,
    the other workers are stopped, even while they wait for PostgreSQL, and the first error is
    raised.
    """
    work = _Export(exported_snapshot=exported_snapshot, folder=folder, generation=generation)
    for task in tasks:
        work.due.put(task)
    workers = min(get_settings().parallel_refresh, len(tasks))
    with open_pool("export") as pool:
        parent = context.get_current()
        futures = [pool.submit(_run_worker, work, parent) for _ in range(workers)]
        try:
            _watch(work, futures, done)
        finally:
            work.over.set()
            if any(not future.done() for future in futures):
                _terminate(work.backends)
    for future in futures:
        future.result()
    return sorted(work.files, key=lambda file: file.path)


@dataclass
class _Export:
    exported_snapshot: ExportedSnapshot
    folder: Path
    generation: int
    due: queue.SimpleQueue[Task] = field(default_factory=queue.SimpleQueue)
    written: queue.SimpleQueue[File] = field(default_factory=queue.SimpleQueue)
    files: list[File] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    backends: list[int] = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        return self.exported_snapshot.limits

    def check(self) -> None:
        self.limits.check()
        if self.over.is_set():
            raise Unavailable(STOPPED)

    def report(self, done: Callable[[File], None]) -> None:
        while not self.written.empty():
            self.files.append(self.written.get())
            done(self.files[-1])


def _watch(work: _Export, futures: list[Future[None]], done: Callable[[File], None]) -> None:
    pending = set(futures)
    while pending:
        finished, pending = wait(pending, timeout=WATCH_SECONDS, return_when=FIRST_EXCEPTION)
        work.report(done)
        for future in finished:
            future.result()
        if pending:
            work.limits.check()


def _run_worker(work: _Export, parent: context.Context) -> None:
    token = context.attach(parent)
    try:
        with arrow_reader.connect(work.exported_snapshot.exported) as rows:
            work.backends.append(rows.backend)
            worker = _Worker(work, rows)
            while not work.due.empty():
                try:
                    table, partition = work.due.get_nowait()
                except queue.Empty:
                    return
                work.written.put(worker.extract(table, partition))
    except AdbcError as error:
        work.check()  # if it was terminated because of another error, report that
        raise Unavailable(LOST.format(reason=reason(error))) from error
    finally:
        context.detach(token)


@dataclass
class _Worker:
    """A connection and the thread that uses it; busy since the monotonic time `busy`."""

    work: _Export
    rows: Reader
    busy: float = field(default_factory=time.monotonic)

    def extract(self, table: Table, partition: int) -> File:
        """Write a partition; raise `Rejected` unless it has as many rows as PostgreSQL counts."""
        attributes: dict[str, str | int] = {"tally.table": table.name, "tally.part": partition}
        with spans.opened("refresh part", **attributes) as told:
            self.check()
            path = table.file(partition, self.work.generation)
            with self.rows.read(table, partition) as batches:
                file = write_partition(
                    self.work.folder,
                    path,
                    table.schema,
                    batches,
                    partition=partition,
                    check=self.check,
                )
            check_rows(
                table, partition, exported=file.rows, counted=self.rows.count(table, partition)
            )
            told.update({"tally.rows": file.rows, "tally.bytes": file.bytes})
            return file

    def check(self) -> None:
        """Rest if the pace requires it; raise if the work is over. PostgreSQL waits meanwhile."""
        pace = self.work.limits.pace
        if pace is not None:
            self.work.over.wait(pace.take(time.monotonic() - self.busy))
            self.busy = time.monotonic()
        self.work.check()


def check_rows(table: Table, partition: int, *, exported: int, counted: int) -> None:
    """Raise `Rejected` if not every row of a partition was exported."""
    if exported != counted:
        problem = ROWS_DIFFER.format(
            partition=partition, table=table.name, exported=exported, counted=counted
        )
        raise Rejected(KEPT.format(problem=problem))


def _terminate(backends: list[int]) -> None:
    """Terminate the workers' connections; a worker that waits for data cannot do this itself."""
    try:
        connection = psycopg2.connect(database_url(), connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg2.OperationalError:
        return  # the server is down, and so are the workers' connections
    with closing(connection), connection.cursor() as cursor:
        for backend in backends:
            cursor.execute("SELECT pg_terminate_backend(%s)", (backend,))
