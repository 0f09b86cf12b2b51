"""How many users own exactly so many items, those with none included."""

import polars as pl
import pyarrow as pa

from etl.views.owner_counts import Integers

SCHEMA = pa.schema([pa.field(name, pa.int64(), nullable=False) for name in ("item_count", "users")])


def count(counts: Integers, users: int) -> pa.Table:
    """Return, as in `SCHEMA`, how often each of the owners' counts occurs among so many users."""
    owned = pl.Series("item_count", counts).value_counts(name="users").sort("item_count")
    none = pl.DataFrame({"item_count": [0], "users": [users - len(counts)]})
    return pl.concat([none, owned.cast(pl.Int64)]).to_arrow().cast(SCHEMA)
