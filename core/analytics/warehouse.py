"""Runs DuckDB queries, one `.sql` file each, on a snapshot: sandboxed, with limits."""

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
from polars import selectors

from core import process
from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots.reader import Snapshot
from core.telemetry.setup import tracer

CONCURRENT_QUERIES = 2
THREADS = 2
QUESTIONS = Path(__file__).parent  # in the `sql/` of the room that asks
CLAUSE = re.compile(r"^( *)(.*?)\{(\w+)\}", re.MULTILINE)
BUSY = "Too many people are asking at once. Please try again in a moment."
TOO_SLOW = "This took too long to compute, so it was stopped. Please try again, or ask for less."
UNREADABLE = "This snapshot cannot be read any more. Please reload the page."

_Connection = duckdb.DuckDBPyConnection

log = logging.getLogger(__name__)


def read(snapshot: Snapshot, question: str, **parameters: object) -> pl.DataFrame:
    """Answer `<question>.sql` from a snapshot, with `$name` standing for parameters.

    Pass files as `snapshot.files(dataset)`. Raises `Unavailable` if no slot becomes free, if the
    query exceeds the time limit, or if the snapshot cannot be read.
    """
    attributes: dict[str, str | int] = {
        "db.system.name": "duckdb",
        "tally.question": question,
        "tally.generation": snapshot.generation,
    }
    with tracer.start_as_current_span(f"duckdb {question}", attributes=attributes) as span:
        warehouse = process.resource(Warehouse)
        with warehouse.slot(), warehouse.cursor() as cursor:
            frame = _run(cursor, text(question), parameters)
        span.set_attribute("db.response.returned_rows", frame.height)
        return frame


def text(question: str) -> str:
    """Return the SQL of a question, with the clauses that it shares with others in their places.

    `{name}` stands for what is in `name.sql`, whose comments are left out.
    """
    return _fill_clauses(QUESTIONS, question)


def connect(
    folder: Path, *, memory_limit: str, time_limit: float = 0, spill: Path | None = None
) -> _Connection:
    """Open an in-memory DuckDB that can access only `folder`; its configuration is locked.

    Parquet files under `folder` can be read, and written by COPY. A query that takes longer than
    `time_limit` seconds is interrupted; 0 means no limit. Temporary files are written to `spill`, a
    folder under `folder`; without it there are none.
    """
    with tracer.start_as_current_span("duckdb connect", attributes={"db.system.name": "duckdb"}):
        connection = duckdb.connect(":memory:", config={"threads": THREADS})
        for statement in _lock_down(folder, memory_limit, time_limit, spill):
            connection.execute(statement)
        return connection


class Warehouse:
    """This process's connection to DuckDB: opened when first asked, and few questions at once."""

    def __init__(self) -> None:
        self.slots = threading.BoundedSemaphore(CONCURRENT_QUERIES)
        self._opening = threading.Lock()
        self._connection: _Connection | None = None
        self._idle: list[_Connection] = []

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Keep one of the slots for the block; raise `Unavailable` when all stay taken."""
        if not self.slots.acquire(timeout=get_settings().query_timeout_seconds):
            raise Unavailable(BUSY)
        try:
            yield
        finally:
            self.slots.release()

    @contextmanager
    def cursor(self) -> Iterator[_Connection]:
        """Give a cursor that nobody else uses; a new one takes a millisecond longer to answer."""
        try:
            cursor = self._idle.pop()
        except IndexError:
            cursor = self._connect().cursor()
        try:
            yield cursor
        except BaseException:
            cursor.close()  # what was interrupted or failed is not asked again
            raise
        self._idle.append(cursor)

    def _connect(self) -> _Connection:
        settings = get_settings()
        with self._opening:
            if self._connection is None:
                self._connection = connect(
                    settings.parquet_path.resolve(),
                    memory_limit=settings.duckdb_memory_limit,
                    time_limit=settings.query_timeout_seconds,
                )
            return self._connection


def _lock_down(folder: Path, memory_limit: str, time_limit: float, spill: Path | None) -> list[str]:
    return [
        # SET GLOBAL applies to every cursor, plain SET only to this one.
        f"SET GLOBAL max_execution_time = {round(time_limit * 1000)}",
        f"SET memory_limit = {_quote(memory_limit)}",
        f"SET temp_directory = {_quote(str(spill or ''))}",
        "SET TimeZone = 'UTC'",
        "SET parquet_metadata_cache = true",
        f"SET allowed_directories = [{_quote(str(folder))}]",
        "SET python_enable_replacements = false",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET allow_persistent_secrets = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]


def _run(cursor: _Connection, text: str, parameters: Mapping[str, object]) -> pl.DataFrame:
    try:
        frame: pl.DataFrame = cursor.sql(text, params=dict(parameters)).pl()
    except duckdb.InterruptException as error:
        raise Unavailable(TOO_SLOW) from error
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(TOO_SLOW) from error
    except duckdb.Error as error:
        log.exception("DuckDB could not answer")
        raise Unavailable(UNREADABLE) from error
    # DuckDB calls the zone Etc/UTC, which compares as different from UTC.
    return frame.with_columns(selectors.datetime(time_zone="*").dt.convert_time_zone("UTC"))


@cache
def _fill_clauses(folder: Path, question: str) -> str:
    written = next(folder.rglob(f"{question}.sql")).read_text("utf-8")
    return CLAUSE.sub(_fill_in, written)


def _fill_in(found: re.Match[str]) -> str:
    indent, before, name = found.groups()
    lines = [line for line in text(name).splitlines() if not line.startswith("--")]
    return indent + before + f"\n{indent}".join(lines)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
