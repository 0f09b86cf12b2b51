"""Bulk load with PostgreSQL's COPY, fed from an iterator so that memory stays small."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import psycopg2
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Unavailable

Watch = Callable[[str, int, int], None]  # called with the step, the work done, and the total
Value = str | int | None

ROWS_A_PIECE = 1000
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_rows(
    db: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]
) -> int:
    """COPY `rows` into `table` within the current transaction; return their number."""
    return copy_lines(db, table, columns, map(encode, rows))


def copy_lines(db: Session, table: str, columns: Sequence[str], lines: Iterable[str]) -> int:
    """COPY lines that `encode` made; return the number of rows.

    Raises `Unavailable` if PostgreSQL stops the load, and whatever the iterator raises.
    """
    connection = db.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("A transaction has a connection.")
    stream = _Stream(lines)
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", stream)
        except psycopg2.OperationalError as error:
            raise stream.failure or Unavailable(f"PostgreSQL stopped the load: {error}") from error
        return int(cursor.rowcount)


def encode(row: Sequence[Value]) -> str:
    """Return a row as a line of COPY's text format, as PostgreSQL's manual describes it."""
    return "\t".join(map(_encode_value, row)) + "\n"


def allow_long_statements(db: Session) -> None:
    """Lift the statement timeout for the current transaction."""
    db.execute(text("SET LOCAL statement_timeout = 0"))


def _encode_value(value: Value) -> str:
    if value is None:
        return r"\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)


class _Stream:
    """A file-like object for psycopg2 that reads from an iterator of lines."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Iterator[str] = iter(lines)
        self._rest = b""
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._read(size)
        except BaseException as error:
            self.failure = error  # psycopg2 passes on only the text of an exception
            raise

    def _read(self, size: int) -> bytes:
        while len(self._rest) < size:
            piece = "".join(islice(self._lines, ROWS_A_PIECE)).encode()
            if not piece:
                break
            self._rest += piece
        answer, self._rest = self._rest[:size], self._rest[size:]
        return answer
