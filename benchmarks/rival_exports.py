"""Other ways to export a table to a Parquet file, each as in its manual."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

# Each rival imports its own libraries, so that its memory holds nothing else.


def with_adbc(url: str, query: str, path: Path) -> None:
    """Stream through ADBC into pyarrow's writer, with the defaults of both."""
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow.parquet as pq

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(path, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)


def with_connectorx(url: str, query: str, path: Path) -> None:
    """Read with connectorx into Arrow, then write with pyarrow."""
    from urllib.parse import quote

    import connectorx
    import pyarrow.parquet as pq
    from sqlalchemy import make_url

    parts = make_url(url)
    if socket := parts.query.get("host"):  # connectorx expects a socket's folder as the host
        url = f"postgresql://{parts.username}@{quote(str(socket), safe='')}/{parts.database}"
    pq.write_table(connectorx.read_sql(url, query, return_type="arrow"), path)


def with_duckdb(url: str, query: str, path: Path) -> None:
    """Copy through DuckDB's postgres extension, if it is installed."""
    import duckdb

    with closing(duckdb.connect(config={"autoinstall_known_extensions": "false"})) as connection:
        try:
            connection.execute("LOAD postgres")
        except duckdb.Error:
            sys.exit("DuckDB's extension postgres is not installed")
        connection.execute(f"ATTACH '{url}' AS source (TYPE postgres, READ_ONLY)")
        connection.execute("USE source")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def with_polars(url: str, query: str, path: Path) -> None:
    """Read with `polars.read_database` through SQLAlchemy and psycopg2, then write."""
    import polars as pl
    from sqlalchemy import create_engine, make_url

    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg2"))
    with engine.connect() as connection:
        pl.read_database(query, connection).write_parquet(path)


EXPORTS: dict[str, Callable[[str, str, Path], None]] = {
    "adbc": with_adbc,
    "connectorx": with_connectorx,
    "duckdb": with_duckdb,
    "polars": with_polars,
}


def main(key: str, url: str, *queries: str) -> None:
    """Export each query with the rival `key`; print a JSON list of the seconds."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for number, query in enumerate(queries):
            started = time.perf_counter()
            EXPORTS[key](url, query, Path(folder) / f"{number}.parquet")
            took.append(time.perf_counter() - started)
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main(*sys.argv[1:])
