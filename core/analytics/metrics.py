"""Tally's queries about a snapshot, one typed function for each."""

from dataclasses import dataclass

import polars as pl

from core.analytics import ranking, warehouse
from core.analytics.owner_filter import EVERYBODY, OwnerFilter
from core.calendar import steps
from core.calendar.periods import Period
from core.snapshots.reader import (
    CREATED,
    ITEM_COUNTS,
    ITEMS,
    NEW,
    RECENT_OWNERS,
    TOP_OWNERS,
    TOTALS,
    USERS,
    Snapshot,
)

TOP = 10


@dataclass(frozen=True)
class Totals:
    """The total counts; `owners` are users with at least one item."""

    users: int
    active_users: int
    items: int
    owners: int


@dataclass(frozen=True)
class New:
    """How many users and items were created in a period, and in an equally long time before it."""

    users: int
    users_before: int
    items: int
    items_before: int

    def of(self, noun: str) -> tuple[int, int]:
        """Return the counts of `users` or `items`: in the period, and in the time before it."""
        if noun == "users":
            return self.users, self.users_before
        return self.items, self.items_before


@dataclass(frozen=True)
class Shares:
    """How many of all `items` belong to the top ten owners, and to the top one percent of owners.

    `one_percent` is the number of owners in the top one percent, rounded up.
    """

    items: int
    top_10: int
    one_percent: int
    top_1_percent: int


def totals(snapshot: Snapshot) -> Totals:
    """Return the numbers of users, active users, items and owners."""
    frame = warehouse.read(snapshot, "totals", files=snapshot.files(TOTALS))
    return Totals(**frame.row(0, named=True))


def new(snapshot: Snapshot) -> dict[Period, New]:
    """Return how many were created in the 7 and 30 days before the snapshot's instant."""
    frame = warehouse.read(snapshot, "new", files=snapshot.files(NEW))
    return {Period(row.pop("period")): New(**row) for row in frame.to_dicts()}


def items_by_user(
    snapshot: Snapshot, filters: OwnerFilter = EVERYBODY, *, skip: int = 0, limit: int = 50
) -> pl.DataFrame:
    """Return a page of the owners who match, most items first, ties by user id.

    Columns: rank, user_id, email, full_name, is_active, created_at, item_count. `item_count` counts
    the items created in the filter's period; `rank` is the place among all owners of such items.
    """
    found = ranking.find_owners(snapshot, filters)
    return ranking.page_of_owners(snapshot, found, skip=skip, limit=limit)


def count_items_by_user(snapshot: Snapshot, filters: OwnerFilter = EVERYBODY) -> int:
    """Return how many rows `items_by_user` has in all."""
    return ranking.find_owners(snapshot, filters).count


def active_users(snapshot: Snapshot, period: Period = Period.ALL) -> pl.DataFrame:
    """Return the 10 users who own the most items: user_id, email, full_name, item_count.

    With a period, only items created in it count. Ties are ordered by user id.
    """
    return warehouse.read(
        snapshot,
        "active_users",
        files=snapshot.files(TOP_OWNERS),
        period=period.value,
        most=TOP,
    )


def top_owners(snapshot: Snapshot, period: Period = Period.ALL) -> pl.DataFrame:
    """Return the first 100 like `active_users`, with the additional columns rank and is_active."""
    files = snapshot.files(TOP_OWNERS)
    return warehouse.read(snapshot, "top_owners", files=files, period=period.value)


def owner(snapshot: Snapshot, user_id: int) -> dict[str, object] | None:
    """Return user_id, email, full_name, is_active and created_at of a user, or None."""
    frame = warehouse.read(snapshot, "owner", files=snapshot.files(USERS), user_id=user_id)
    return frame.row(0, named=True) if frame.height else None


def created_per_day(snapshot: Snapshot, zone: str = "UTC") -> pl.DataFrame:
    """Return day (date in `zone`), users and items created; days without any are absent."""
    quarters = warehouse.read(snapshot, "created", files=snapshot.files(CREATED))
    return steps.by_day(quarters, zone)


def created_by_owner(snapshot: Snapshot, user_id: int, zone: str = "UTC") -> pl.DataFrame:
    """Return day (date in `zone`) and items created, of one owner; this scans all items."""
    files = snapshot.files(ITEMS)
    quarters = warehouse.read(snapshot, "created_by_owner", files=files, user_id=user_id)
    return steps.by_day(quarters, zone)


def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """Return bucket and users: how many users own 0, 1, 2-5, ... items; always eight buckets."""
    return warehouse.read(snapshot, "distribution", files=snapshot.files(ITEM_COUNTS))


def item_counts(snapshot: Snapshot, period: Period = Period.ALL) -> pl.DataFrame:
    """Return item_count and users: how many users own exactly that many items, most items first.

    With a period, only items created in it count. Users without items are left out.
    """
    if period is Period.ALL:
        return warehouse.read(snapshot, "item_counts", files=snapshot.files(ITEM_COUNTS))
    files = snapshot.files(RECENT_OWNERS)
    return warehouse.read(snapshot, "recent_item_counts", files=files, period=period.value)


def shares(counted: pl.DataFrame) -> Shares:
    """Compute the shares of the top owners from the result of `item_counts`."""
    one_percent = -(-int(counted["users"].sum()) // 100)
    return Shares(
        items=int((counted["item_count"] * counted["users"]).sum()),
        top_10=_owned_by_first(counted, TOP),
        one_percent=one_percent,
        top_1_percent=_owned_by_first(counted, one_percent),
    )


def _owned_by_first(counted: pl.DataFrame, most: int) -> int:
    """Return how many items the top `most` owners own together."""
    before = pl.col("users").cum_sum() - pl.col("users")
    taken = pl.min_horizontal("users", (most - before).clip(0))
    return int(counted.select((taken * pl.col("item_count")).sum()).item())
