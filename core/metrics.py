"""The questions that Tally answers about a snapshot: one typed function for each."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from core import warehouse
from core.snapshots import CREATED_PER_DAY, DISTRIBUTION, ITEMS_BY_USER, TOTALS, Snapshot

TOP = 10
STREAM_ROWS = 65_536


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
    page = {"files": snapshot.files(ITEMS_BY_USER), "skip": max(skip, 0), "limit": max(limit, 0)}
    text = _findable(search)
    if text:
        return warehouse.read(snapshot, "items_by_user_matching", text=text, **page)
    return warehouse.read(snapshot, "items_by_user", **page)


def count_items_by_user(snapshot: Snapshot, *, search: str = "") -> int:
    """Return how many rows `items_by_user` has in all."""
    text = _findable(search)
    if not text:
        return totals(snapshot).owners
    files = snapshot.files(ITEMS_BY_USER)
    frame = warehouse.read(snapshot, "count_items_by_user_matching", files=files, text=text)
    return int(frame.item())


def stream_items_by_user(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    """Yield the whole of `items_by_user` in rank order, at most 65,536 rows at a time.

    Each batch is a query of its own, so a slow reader occupies no place among the queries.
    """
    for skip in range(0, totals(snapshot).owners, STREAM_ROWS):
        yield items_by_user(snapshot, skip=skip, limit=STREAM_ROWS)


def active_users(snapshot: Snapshot) -> pl.DataFrame:
    """Return the 10 users who own most items: user_id, email, full_name, item_count."""
    files = snapshot.files(ITEMS_BY_USER)
    return warehouse.read(snapshot, "active_users", files=files, limit=TOP)


def created_per_day(snapshot: Snapshot) -> pl.DataFrame:
    """Return day (date, UTC), users, items: rows created that day; days without any are absent."""
    return warehouse.read(snapshot, "created_per_day", files=snapshot.files(CREATED_PER_DAY))


def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """Return bucket and users: how many users own 0, 1, 2-5, ... items; all eight buckets."""
    return warehouse.read(snapshot, "distribution", files=snapshot.files(DISTRIBUTION))


def _findable(search: str) -> str:
    # In the view, U+0000 stands between address and name; no text in PostgreSQL can contain it.
    return search.replace("\x00", "")
