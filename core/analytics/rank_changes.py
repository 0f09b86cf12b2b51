"""Who moved among the first owners between two snapshots: up, down, new, or no longer there."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from core.analytics.frames import to_table


@dataclass(frozen=True)
class Movement:
    """What changed among the first few; `comparable` unless there was nobody then.

    `rows` are those of now: rank, user_id, email, full_name, is_active, item_count, was (the rank
    then, null for who was not among the first hundred). `dropped` are the others who were among the
    first few then: was, email, full_name, rank (null for who is not among the first hundred now).
    """

    rows: pa.Table
    dropped: pa.Table
    comparable: bool = True


def compare(now: pl.DataFrame, then: pl.DataFrame, *, most: int) -> Movement:
    """Compare the first `most` of two results of `core.analytics.metrics.top_owners`."""
    was = then.select("user_id", was="rank")
    rows = now.head(most).join(was, on="user_id", how="left", maintain_order="left")
    gone = then.head(most).join(now.head(most), on="user_id", how="anti", maintain_order="left")
    ranks = now.select("user_id", "rank")
    dropped = gone.rename({"rank": "was"}).join(
        ranks, on="user_id", how="left", maintain_order="left"
    )
    dropped = dropped.select("was", "email", "full_name", "rank")
    return Movement(to_table(rows), to_table(dropped), comparable=not then.is_empty())
