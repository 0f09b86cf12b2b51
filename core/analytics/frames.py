"""Conversion between Polars frames, which must not be shared by threads, and Arrow tables.

Two threads that use the same Polars frame can deadlock: one holds the frame's lock and waits for
the GIL, while the other holds the GIL and waits for the lock. Arrow tables are immutable and have
no lock. So a frame stays in the function that made it, and caches and shared objects hold tables.
"""

import polars as pl
import pyarrow as pa


def to_table(frame: pl.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table, in the types that browsers and Parquet readers know."""
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def to_frame(table: pa.Table) -> pl.DataFrame:
    """Return a new frame over the memory of a table, without copying."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  # a table never becomes a series
    return frame
