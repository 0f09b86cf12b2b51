"""Both tables out of PostgreSQL at one instant, part by part, over several connections."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import psycopg2
from adbc_driver_manager import Error as AdbcError
from opentelemetry import context
from psycopg2.extensions import make_dsn

from core import spans
from core.database import CONNECT_TIMEOUT_SECONDS, NOTICE_DEATH, database_url
from core.errors import Unavailable
from core.snapshots import File
from etl.instant import LOST, Instant, reason
from etl.limits import STOPPED, WATCH_SECONDS, Limits
from etl.parts import write_part
from etl.plan import Task
from etl.tables import Table

BATCH_BYTES = 4 << 20


def extract(
    instant: Instant,
    folder: Path,
    *,
    generation: int,
    tasks: tuple[Task, ...],
    workers: int,
    limits: Limits,
    done: Callable[[File], None],
) -> list[File]:
    """Write the given parts under `folder`, each worker on a connection of its own.

    `done` is called in this thread after each part. When one worker fails, or the limits say so,
    the others are stopped, also those that wait for PostgreSQL, and the first error is raised.
    """
    work = _Export(instant=instant, folder=folder, generation=generation, limits=limits)
    for task in tasks:
        work.due.put(task)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="export") as pool:
        parent = context.get_current()
        futures = [pool.submit(_run_worker, work, parent) for _ in range(min(workers, len(tasks)))]
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
    instant: Instant
    folder: Path
    generation: int
    limits: Limits
    due: queue.SimpleQueue[Task] = field(default_factory=queue.SimpleQueue)
    written: queue.SimpleQueue[File] = field(default_factory=queue.SimpleQueue)
    files: list[File] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    backends: list[int] = field(default_factory=list)

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
        with _connect(work) as cursor:
            while not work.due.empty():
                try:
                    table, part = work.due.get_nowait()
                except queue.Empty:
                    return
                work.written.put(_extract_part(work, cursor, table, part))
    except AdbcError as error:
        work.check()  # terminated because somebody else gave up: that is the reason to tell
        raise Unavailable(LOST.format(reason=reason(error))) from error
    finally:
        context.detach(token)


@contextmanager
def _connect(work: _Export) -> Iterator[adbc.Cursor]:
    """Open a connection that sees the exported instant; its transaction ends with the block."""
    dsn = make_dsn(
        database_url(),
        application_name="tally refresh",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        client_encoding="UTF8",
        options=f"-c statement_timeout=0 -c lock_timeout=0 {NOTICE_DEATH}",
    )
    with adbc.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        work.backends.append(cursor.fetchone()[0])
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{work.instant.exported}'")
        hint = {"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        cursor.adbc_statement.set_options(**hint)
        yield cursor


def _extract_part(work: _Export, cursor: adbc.Cursor, table: Table, part: int) -> File:
    attributes: dict[str, str | int] = {"tally.table": table.name, "tally.part": part}
    with spans.opened("refresh part", **attributes) as told:
        work.check()
        cursor.execute(table.select(part))
        reader = cursor.fetch_record_batch()
        path = table.file(part, work.generation)
        file = write_part(work.folder, path, part, table.schema, reader, check=work.check)
        told.update({"tally.rows": file.rows, "tally.bytes": file.bytes})
        return file


def _terminate(backends: list[int]) -> None:
    """End the workers' connections from outside, as a worker that waits for data cannot do it."""
    try:
        connection = psycopg2.connect(database_url(), connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg2.OperationalError:
        return  # the server is away, and its side of the workers' connections with it
    with closing(connection), connection.cursor() as cursor:
        for backend in backends:
            cursor.execute("SELECT pg_terminate_backend(%s)", (backend,))
