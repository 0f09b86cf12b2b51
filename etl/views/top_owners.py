"""Who owns most, by period: the first hundred of each, with their names."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from core.calendar.periods import Period
from etl.views import people
from etl.views.owner_counts import Integers
from etl.views.people import Lookup, OrphanedItems

TOP = 100  # owners of each period
SCHEMA = pa.schema(
    [
        pa.field("period", pa.string(), nullable=False),
        pa.field("rank", pa.int64(), nullable=False),
        *people.fields("user_id", "email", "full_name", "is_active"),
        pa.field("item_count", pa.int64(), nullable=False),
    ]
)


def name(tops: Mapping[Period, tuple[Integers, Integers]], look_up: Lookup) -> pa.Table:
    """Return who is on top of each period, as in `SCHEMA`; raises `OrphanedItems`.

    `tops` are their ids and how many items each of them has, most first.
    """
    ranks = pl.concat(_rank(period, *top) for period, top in tops.items())
    found = look_up(ranks["user_id"].unique().to_list())
    rows = ranks.join(found, on="user_id", how="left", maintain_order="left")
    orphans = rows.filter(pl.col("email").is_null())["user_id"]
    if len(orphans):
        raise OrphanedItems(orphans.to_list())
    return rows.select(SCHEMA.names).to_arrow().cast(SCHEMA)


def _rank(period: Period, owners: Integers, counts: Integers) -> pl.DataFrame:
    rank = np.arange(1, len(owners) + 1)
    frame = pl.DataFrame({"rank": rank, "user_id": owners, "item_count": counts})
    return frame.select(pl.lit(period.value).alias("period"), pl.all().cast(pl.Int64))
