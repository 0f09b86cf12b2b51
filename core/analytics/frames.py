"""Frames and tables: threads share Arrow tables, and each makes a Polars frame of its own.

Two threads that use one Polars frame can wait for each other for ever: one holds the frame's lock
and waits for the interpreter, the other one the reverse. Arrow tables are immutable and have no
lock, so a frame belongs to the function that made it, and everything that is kept holds tables.
"""

import polars as pl
import pyarrow as pa


def to_table(frame: pl.DataFrame) -> pa.Table:
    """Return the rows of a frame as threads may share them, and browsers and Parquet read them."""
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def to_frame(table: pa.Table) -> pl.DataFrame:
    """Return a frame of the caller's own over the memory of a table."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  # one of the table's, and not a series
    return frame
