"""One moment of the database, held still, that several connections can see at once."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import psycopg2

from core.db.engine import CONNECT_TIMEOUT_SECONDS, NOTICE_DEATH, database_url
from core.errors import Unavailable
from core.snapshots import change_log
from core.snapshots.change_log import Catalog
from etl.run.deadline import Limits

LOST = (
    "The connection to PostgreSQL was lost or refused during the export: {reason}. "
    "The last snapshot stays in use."
)
NO_TABLES = "The tables of Tally are not in this database. Run `tally migrate` first."
# TRUNCATE empties a table also for those who look at an older instant: the lock keeps it waiting,
# and with it whatever alters a table. It is taken before the instant begins.
LOCK = 'LOCK TABLE "user", item, change_note IN ACCESS SHARE MODE'
EXPORT = """
SELECT pg_export_snapshot(), pg_current_snapshot()::text, statement_timestamp(),
    (SELECT system_identifier FROM pg_control_system()) || ':' ||
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class ExportedSnapshot:
    """What can be seen at a moment; it lasts as long as the block that opened it.

    `exported` lets other connections see it too; `pg_snapshot` is PostgreSQL's own notation of what
    is visible; `database` identifies server and database; `cursor` and `ask` see the moment too,
    `ask` within the limits of the refresh.
    """

    exported: str
    pg_snapshot: str
    taken_at: datetime
    database: str
    catalog: Catalog
    cursor: psycopg2.extensions.cursor
    limits: Limits

    def ask(self, query: str, *parameters: object) -> Rows:
        """Return the rows of a query; raise `Unavailable` when it runs beyond the limits."""
        rows: Rows = self.run(partial(_ask, self.cursor, query, parameters))
        return rows

    def run(self, work: Callable[[], Any]) -> Any:
        """Do something with `cursor` within the limits; raise `Unavailable` beyond them."""
        try:
            return self.limits.run(work, interrupt=self.cursor.connection.cancel)
        except psycopg2.OperationalError as error:
            self.limits.check()  # cancelled because it is time to give up: that is the reason
            raise Unavailable(LOST.format(reason=reason(error))) from error


@contextmanager
def export_snapshot(limits: Limits) -> Iterator[ExportedSnapshot]:
    """Export a snapshot of the database and keep it for the duration of the block.

    Raises `Unavailable` when PostgreSQL is away, and when it makes us wait beyond the limits.
    """
    try:
        connection = psycopg2.connect(
            database_url(),
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="tally refresh",
            options=f"-c timezone=UTC -c idle_in_transaction_session_timeout=0 {NOTICE_DEATH}",
        )
        with closing(connection):
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                export = partial(_export, cursor, limits)
                yield limits.run(export, interrupt=connection.cancel)
    except psycopg2.errors.UndefinedTable as error:
        raise Unavailable(NO_TABLES) from error
    except psycopg2.OperationalError as error:
        limits.check()  # cancelled because it is time to give up: that is the reason to tell
        raise Unavailable(LOST.format(reason=reason(error))) from error


def reason(error: Exception) -> str:
    """Return an error's text on one line, short enough to be shown."""
    return " ".join(str(error).split())[:300].rstrip(".")


def _export(cursor: psycopg2.extensions.cursor, limits: Limits) -> ExportedSnapshot:
    cursor.execute(LOCK)
    cursor.execute(EXPORT)
    exported, pg_snapshot, taken_at, database = cursor.fetchone() or ()
    catalog = change_log.read_catalog(cursor)
    return ExportedSnapshot(exported, pg_snapshot, taken_at, database, catalog, cursor, limits)


def _ask(cursor: psycopg2.extensions.cursor, query: str, parameters: tuple[object, ...]) -> Rows:
    cursor.execute(query, parameters or None)
    return cursor.fetchall()
