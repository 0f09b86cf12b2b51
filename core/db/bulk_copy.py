"""Many rows at once: PostgreSQL's COPY, fed from an iterator so that memory stays small."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import psycopg2
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Unavailable

Watch = Callable[[str, int, int], None]  # called with a step, how much is done, and of how much
Value = str | int | None

ROWS_A_PIECE = 1000
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_rows(
    db: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]
) -> int:
    """COPY `rows` into `table` within the current transaction; return how many they were."""
    return copy_lines(db, table, columns, map(encode, rows))


def copy_lines(db: Session, table: str, columns: Sequence[str], lines: Iterable[str]) -> int:
    """COPY ready lines of COPY's text format, as `encode` makes them; return how many they were."""
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
    """Return one line of COPY's text format; the source is the manual's chapter on COPY."""
    return "\t".join(map(_encode_value, row)) + "\n"


def allow_long_statements(db: Session) -> None:
    """Lift the limit on a statement's time for this transaction alone."""
    db.execute(text("SET LOCAL statement_timeout = 0"))


def _encode_value(value: Value) -> str:
    if value is None:
        return r"\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)


class _Stream:
    """What psycopg2 reads from: any iterator of lines, a piece at a time."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Iterator[str] = iter(lines)
        self._rest = b""
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._read(size)
        except BaseException as error:
            self.failure = error  # psycopg2 would keep only its text
            raise

    def _read(self, size: int) -> bytes:
        while len(self._rest) < size:
            piece = "".join(islice(self._lines, ROWS_A_PIECE)).encode()
            if not piece:
                break
            self._rest += piece
        answer, self._rest = self._rest[:size], self._rest[size:]
        return answer
