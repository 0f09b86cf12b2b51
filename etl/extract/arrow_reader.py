"""Reads partitions of tables as Arrow, over a connection that uses an exported snapshot."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import adbc_driver_postgresql
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcStatement
from psycopg2.extensions import make_dsn

from core.db.engine import CONNECT_TIMEOUT_SECONDS, NOTICE_DEATH, database_url
from etl.extract.datasets import Table

BATCH_BYTES = 4 << 20
BATCH_SIZE = "adbc.postgresql.batch_size_hint_bytes"
# A partition is one range of an index: parallel workers would not read it faster.
OPTIONS = (
    "-c statement_timeout=0 -c lock_timeout=0 -c max_parallel_workers_per_gather=0 " + NOTICE_DEATH
)


class Reader:
    """A connection whose transaction uses an exported snapshot; for one thread.

    `backend` is the process id of its server process. All methods raise
    `adbc_driver_manager.Error`.
    """

    # This uses ADBC's lower layer, as its DB-API layer imports pandas, which takes 40 MB.
    def __init__(self, connection: AdbcConnection) -> None:
        self._connection = connection
        self.backend = int(self.ask("SELECT pg_backend_pid()"))

    def see(self, exported: str) -> None:
        """Begin the transaction, with the snapshot that another connection exported."""
        self._run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._run(f"SET TRANSACTION SNAPSHOT '{exported}'")

    @contextmanager
    def read(self, table: Table, partition: int) -> Iterator[pa.RecordBatchReader]:
        """Yield a reader of a partition's rows, in batches of about 4 MiB, ordered by id."""
        with closing(self._statement(table.select(partition))) as statement:
            statement.set_options(**{BATCH_SIZE: str(BATCH_BYTES)})
            stream, _ = statement.execute_query()
            with pa.RecordBatchReader.from_stream(stream) as reader:
                yield reader

    def count(self, table: Table, partition: int) -> int:
        """Return how many rows PostgreSQL counts in a partition."""
        return int(self.ask(table.count(partition)))

    def _statement(self, query: str) -> AdbcStatement:
        statement = AdbcStatement(self._connection)
        statement.set_sql_query(query)
        return statement

    def _run(self, command: str) -> None:
        with closing(self._statement(command)) as statement:
            statement.execute_update()

    def ask(self, query: str) -> int:
        """Return the one number that a query gives."""
        with closing(self._statement(query)) as statement:
            stream, _ = statement.execute_query()
            with pa.RecordBatchReader.from_stream(stream) as reader:
                value: int = reader.read_all()[0][0].as_py()
                return value


@contextmanager
def connect(exported: str) -> Iterator[Reader]:
    """Open a reader that uses the exported snapshot; its transaction ends with the block."""
    dsn = make_dsn(
        database_url(),
        application_name="tally refresh",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        client_encoding="UTF8",
        options=OPTIONS,
    )
    # Each reader has its own ADBC database object, whose connection counter is not thread-safe.
    with (
        closing(adbc_driver_postgresql.connect(dsn)) as database,
        closing(AdbcConnection(database)) as connection,
    ):
        reader = Reader(connection)
        reader.see(exported)
        yield reader
