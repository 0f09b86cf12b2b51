"""The refresh lock: of all processes that share a database, one holds it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg2

from core.db.database_errors import explain
from core.db.engine import CONNECT_TIMEOUT_SECONDS, NOTICE_DEATH, database_url
from core.errors import Unavailable
from core.snapshots.change_log import Cursor

KEY = 0x7A11_0002  # an arbitrary number that no other lock of this database uses
AWAY = (
    "PostgreSQL cannot be reached, so the data was not refreshed. The last snapshot stays in use."
)
KEPT = "{reason} The data was not refreshed. The last snapshot stays in use."


class RefreshLock:
    """An advisory lock on a separate connection; PostgreSQL frees it when the process dies."""

    def __init__(self, connection: psycopg2.extensions.connection, key: int) -> None:
        self._connection = connection
        self._key = key

    def acquire(self) -> bool:
        """Try to take the lock without waiting; return whether this process holds it now."""
        return bool(self._ask("SELECT pg_try_advisory_lock(%s)", self._key))

    def check(self) -> None:
        """Raise `Unavailable` if the connection was lost, and the lock with it."""
        self._ask("SELECT %s", self._key)

    def write(self, work: Callable[[Cursor], None]) -> None:
        """Run a write that only the holder may make, on the connection that holds the lock.

        A process that lost the lock has lost this connection too, so its write fails.
        """
        with self._translated(), self._connection.cursor() as cursor:
            work(cursor)

    def _ask(self, query: str, parameter: int) -> object:
        with self._translated(), self._connection.cursor() as cursor:
            cursor.execute(query, (parameter,))
            row = cursor.fetchone()
            return row[0] if row else None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise Unavailable(_words(error)) from error


@contextmanager
def connect(key: int = KEY) -> Iterator[RefreshLock]:
    """Open the connection that will hold the lock; raise `Unavailable` if PostgreSQL is down.

    Other work that only one process may do at a time uses another `key`.
    """
    try:
        connection = psycopg2.connect(
            database_url(),
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="tally refresh lock",
            keepalives_idle=30,
            options=f"-c idle_session_timeout=0 {NOTICE_DEATH}",
        )
    except psycopg2.OperationalError as error:
        raise Unavailable(_words(error)) from error
    connection.autocommit = True
    with closing(connection):
        yield RefreshLock(connection, key)


def _words(error: psycopg2.Error) -> str:
    reason = explain(error)
    return KEPT.format(reason=reason) if reason else AWAY
