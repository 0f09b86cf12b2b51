"""How many rows came into being in each quarter of an hour, as finely as zones divide days.

Every zone has been a multiple of 15 minutes away from UTC since 1972 (Liberia was the last that was
not), so the days of any reader are made of whole quarters.
"""

import threading

import numpy as np
import polars as pl
import pyarrow as pa

from etl.views.owner_counts import Integers

QUARTER = 900 * 1_000_000  # microseconds
DENSE = 1 << 20
MOST_ROWS = 1 << 20
SCHEMA = pa.schema(
    [
        pa.field("quarter", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("users", pa.int64(), nullable=False),
        pa.field("items", pa.int64(), nullable=False),
    ]
)


class Created:
    """Rows by the quarter they were created in, for users and for items; several threads may add.

    Memory: 24 bytes for each quarter that saw any, and as much again for a million of them.
    """

    def __init__(self, base: pl.DataFrame | None = None) -> None:
        self._frames = [] if base is None else [base.with_columns(pl.col("quarter").to_physical())]
        self._rows = 0
        self._adding = threading.Lock()

    def add(self, noun: str, times: Integers, *, sign: int = 1) -> None:
        """Add users or items, by their microseconds since 1970, or with -1 take them away."""
        quarters, counts = count_quarters(times)
        none = np.zeros_like(counts)
        both = {"users": none, "items": none, noun: sign * counts}
        with self._adding:
            self._frames.append(pl.DataFrame({"quarter": quarters * QUARTER, **both}))
            self._rows += len(quarters)
            if self._rows > MOST_ROWS:
                self._frames, self._rows = [self._sum()], 0

    def table(self) -> pa.Table:
        """Return the quarters that have any rows, in their order, as in `SCHEMA`."""
        return self._sum().to_arrow().cast(SCHEMA)

    def _sum(self) -> pl.DataFrame:
        empty = pl.DataFrame(schema=dict.fromkeys(SCHEMA.names, pl.Int64))
        rows = pl.concat([empty, *self._frames]).sort("quarter")  # nearly sorted already
        summed = rows.group_by("quarter", maintain_order=True).agg(pl.all().sum())
        return summed.filter((pl.col("users") != 0) | (pl.col("items") != 0))


def count_quarters(times: Integers) -> tuple[Integers, Integers]:
    """Return the quarters, counted from 1970 in UTC, that times fall in, and how many in each."""
    quarters = times // QUARTER
    if not len(quarters):
        return quarters, quarters
    first = quarters.min()
    if quarters.max() - first > DENSE:  # a date in the far future or past
        values, counts = np.unique(quarters, return_counts=True)
        return values, counts.astype(np.int64)
    dense = np.bincount(quarters - first)
    return np.flatnonzero(dense) + first, dense[dense > 0]
