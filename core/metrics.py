"""The questions that Tally answers about a snapshot: one typed function for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import polars as pl
import pyarrow.compute as pc

from core import warehouse
from core.ranks import Ranks
from core.snapshots import (
    CREATED_PER_DAY,
    DISTRIBUTION,
    ITEMS_BY_USER,
    JOINED,
    LEFT,
    TOTALS,
    Snapshot,
)

TOP = 10
STREAM_ROWS = 65_536

_moved: "WeakKeyDictionary[Snapshot, Ranks]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Totals:
    """How much there is of everything; `owners` are users with at least one item."""

    users: int
    active_users: int
    items: int
    owners: int


def totals(snapshot: Snapshot) -> Totals:
    """Return the numbers of users, active users, items and owners."""
    frame = warehouse.read(snapshot, "totals", files=snapshot.files(TOTALS))
    return Totals(**frame.row(0, named=True))


def items_by_user(
    snapshot: Snapshot, *, search: str = "", skip: int = 0, limit: int = 50
) -> pl.DataFrame:
    """Return a page of the users with at least one item, most items first, ties by user id.

    Columns: rank, user_id, email, full_name, is_active, created_at, item_count. `search` is looked
    for literally in address and name, whatever its case; `rank` is the place among all.
    """
    skip, limit, text = max(skip, 0), max(limit, 0), _findable(search)
    return _matching(snapshot, text, skip, limit) if text else _page(snapshot, skip, limit)


def count_items_by_user(snapshot: Snapshot, *, search: str = "") -> int:
    """Return how many rows `items_by_user` has in all."""
    text = _findable(search)
    if not text:
        return totals(snapshot).owners
    frame = warehouse.read(
        snapshot, "count_items_by_user_matching", text=text, **_ranking(snapshot)
    )
    return int(frame.item())


def stream_items_by_user(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    """Yield the whole of `items_by_user` in rank order, at most 65,536 rows at a time.

    Each batch is a query of its own, so a slow reader occupies no place among the queries.
    """
    for skip in range(0, totals(snapshot).owners, STREAM_ROWS):
        yield items_by_user(snapshot, skip=skip, limit=STREAM_ROWS)


def active_users(snapshot: Snapshot) -> pl.DataFrame:
    """Return the 10 users who own most items: user_id, email, full_name, item_count."""
    return _page(snapshot, 0, TOP).select("user_id", "email", "full_name", "item_count")


def created_per_day(snapshot: Snapshot) -> pl.DataFrame:
    """Return day (date, UTC), users, items: rows created that day; days without any are absent."""
    return warehouse.read(snapshot, "created_per_day", files=snapshot.files(CREATED_PER_DAY))


def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """Return bucket and users: how many users own 0, 1, 2-5, ... items; all eight buckets."""
    return warehouse.read(snapshot, "distribution", files=snapshot.files(DISTRIBUTION))


def _page(snapshot: Snapshot, skip: int, limit: int) -> pl.DataFrame:
    ranks = _ranks(snapshot)
    first, last = ranks.places(skip, limit)
    return warehouse.read(
        snapshot,
        "items_by_user",
        files=snapshot.files(ITEMS_BY_USER),
        joined=snapshot.files(JOINED),
        left=ranks.left_between(first, last),
        first=first,
        last=last,
        skip=skip,
        limit=limit,
    )


def _matching(snapshot: Snapshot, text: str, skip: int, limit: int) -> pl.DataFrame:
    frame = warehouse.read(
        snapshot,
        "items_by_user_matching",
        text=text,
        skip=skip,
        limit=limit,
        **_ranking(snapshot),
    )
    places = frame["place"].fill_null(0).to_numpy()
    stayed = pl.Series("stayed", _ranks(snapshot).ranks(places))
    rank = pl.coalesce(pl.col("rank"), stayed).alias("rank")
    return frame.select(rank, pl.exclude("place", "rank"))


def _ranking(snapshot: Snapshot) -> dict[str, list[str]]:
    return {
        "files": snapshot.files(ITEMS_BY_USER),
        "left": snapshot.files(LEFT),
        "joined": snapshot.files(JOINED),
    }


def _ranks(snapshot: Snapshot) -> Ranks:
    """Return what moved in the ranking; read once for each snapshot that is still in use."""
    if snapshot not in _moved:
        left, joined = (
            warehouse.read(snapshot, question, files=snapshot.files(dataset))["moved"].to_numpy()
            for question, dataset in (("left", LEFT), ("joined", JOINED))
        )
        _moved[snapshot] = Ranks(left, joined)
    return _moved[snapshot]


def _findable(search: str) -> str:
    # In the view, U+0000 stands between address and name; no text in PostgreSQL can contain it.
    # The refresh lowers the view by the same function, so that both sides fold a letter alike.
    return str(pc.utf8_lower(search.replace("\x00", "")))
