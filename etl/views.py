"""What pages read, computed once for each snapshot, so that no page scans the raw rows."""

import errno
import hashlib
import os
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb

from core import warehouse
from core.errors import Unavailable
from core.snapshots import (
    CREATED_PER_DAY,
    DISTRIBUTION,
    ITEMS,
    ITEMS_BY_USER,
    TOTALS,
    USERS,
    File,
)
from core.telemetry import tracer
from etl.limits import Limits

SQL = Path(__file__).parent / "sql"
SPILL = "spill"
MEMORY_LIMIT = "128MB"  # with 80 MB, DuckDB ran out of it at a million owners
VIEWS = (ITEMS_BY_USER, CREATED_PER_DAY, DISTRIBUTION, TOTALS)
# A page by rank reads one row group; lz4 because a search has to unpack the whole column.
COPY_OPTIONS = "FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 16384"
FULL_DISK = os.strerror(errno.ENOSPC)
FAILED = "The views of the snapshot could not be computed: {reason}. The last one stays in use."


def compute(folder: Path, files: Sequence[File], limits: Limits) -> list[File]:
    """Write the views of the snapshot that is staged in `folder`; return their manifest entries.

    Memory is bounded by `MEMORY_LIMIT`: beyond it, DuckDB spills into `folder`. Raises `OSError`
    when the disk is full, and `Unavailable` at the limits and when DuckDB fails otherwise.
    """
    spill = folder / SPILL
    spill.mkdir()
    try:
        duck = warehouse.connect(folder, memory_limit=MEMORY_LIMIT, spill=spill)
        with closing(duck):
            compute_all = partial(_compute, duck, folder, files)
            return limits.run(compute_all, interrupt=duck.interrupt)
    except duckdb.InterruptException:
        limits.check()
        raise
    except duckdb.Error as error:
        if FULL_DISK in str(error):
            raise OSError(errno.ENOSPC, FULL_DISK) from error
        raise Unavailable(FAILED.format(reason=_reason(error))) from error
    finally:
        for left in spill.glob("*"):
            left.unlink()
        spill.rmdir()


def _compute(
    connection: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[File]
) -> list[File]:
    _define(connection, folder, files)
    return [_write(connection, folder, view) for view in VIEWS]


def _define(connection: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[File]) -> None:
    for variable, dataset in (("users", USERS), ("items", ITEMS)):
        paths = [str(folder / file.path) for file in files if file.path.startswith(f"{dataset}/")]
        connection.execute(f"SET VARIABLE {variable} = $paths", {"paths": paths})
    with tracer.start_as_current_span("refresh view", attributes={"tally.view": "owners"}):
        connection.execute((SQL / "owners.sql").read_text("utf-8"))


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, view: str) -> File:
    query = (SQL / view.replace(".parquet", ".sql")).read_text("utf-8")
    path = folder / view
    with tracer.start_as_current_span("refresh view", attributes={"tally.view": view}):
        target = str(path).replace("'", "''")
        rows = connection.execute(f"COPY ({query}) TO '{target}' ({COPY_OPTIONS})").fetchone()
        return _entry(path, rows=rows[0] if rows else 0)


def _entry(path: Path, *, rows: int) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        return File(path=path.name, rows=rows, bytes=path.stat().st_size, sha256=digest)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")
