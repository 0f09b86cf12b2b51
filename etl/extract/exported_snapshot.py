"""A PostgreSQL snapshot, exported so that several connections read the same instant."""

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
# TRUNCATE also empties a table for transactions with an older snapshot. This lock, taken before the
# snapshot, makes TRUNCATE and ALTER TABLE wait.
LOCK = 'LOCK TABLE "user", item, change_note IN ACCESS SHARE MODE'
EXPORT = """
SELECT pg_export_snapshot(), pg_current_snapshot()::text, statement_timestamp(),
    (SELECT system_identifier FROM pg_control_system()) || ':' ||
    (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class ExportedSnapshot:
    """An exported snapshot; it is valid within the block that opened it.

    `exported` is its name for other connections, `pg_snapshot` its visible transactions in
    PostgreSQL's notation, and `database` identifies server and database. `cursor` reads from it
    too, and `ask` does so within the limits of the refresh.
    """

    exported: str
    pg_snapshot: str
    taken_at: datetime
    database: str
    catalog: Catalog
    cursor: psycopg2.extensions.cursor
    limits: Limits

    def ask(self, query: str, *parameters: object) -> Rows:
        """Return the rows of a query; raise `Unavailable` if it exceeds the limits."""
        rows: Rows = self.run(partial(_ask, self.cursor, query, parameters))
        return rows

    def run(self, work: Callable[[], Any]) -> Any:
        """Run `work`, which uses `cursor`; raise `Unavailable` if it exceeds the limits."""
        try:
            return self.limits.run(work, interrupt=self.cursor.connection.cancel)
        except psycopg2.OperationalError as error:
            self.limits.check()  # if the limits cancelled it, report those
            raise Unavailable(LOST.format(reason=reason(error))) from error


@contextmanager
def export_snapshot(limits: Limits) -> Iterator[ExportedSnapshot]:
    """Export a snapshot of the database and keep it for the duration of the block.

    Raises `Unavailable` if PostgreSQL is down, or takes longer than the limits.
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
        limits.check()  # if the limits cancelled it, report those
        raise Unavailable(LOST.format(reason=reason(error))) from error


def reason(error: Exception) -> str:
    """Return an error's text on one line of at most 300 characters."""
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
