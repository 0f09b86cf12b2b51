"""Who owns how much, page by page: out of the ranking, out of the lists of periods, filtered."""

from collections.abc import Iterator
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from core import process
from core.analytics import warehouse
from core.analytics.owner_filter import EVERYBODY, OwnerFilter
from core.analytics.ranking.delta import Flags, Integers, RankingDelta
from core.analytics.ranking.match_bitmap import MatchBitmap
from core.calendar.periods import Period
from core.snapshots.reader import (
    ITEMS_BY_USER,
    RANKING_ADDED,
    RANKING_REMOVED,
    RECENT_OWNERS,
    TOTALS,
    Snapshot,
)
from core.text.folding import split_words

STREAM_ROWS = 32_768


class RankingDeltas(WeakKeyDictionary[Snapshot, RankingDelta]):
    """The ranking deltas of the snapshots that are in use in this process."""


def find_owners(snapshot: Snapshot, filters: OwnerFilter = EVERYBODY) -> MatchBitmap:
    """Return who matches a filter, and how many these are: all that pages of them have to know."""
    if filters.narrows:
        flag = _flag if filters.period is Period.ALL else _flag_recent
        return MatchBitmap.of(filters, flag(snapshot, filters))
    if filters.period is Period.ALL:
        return MatchBitmap(filters, _count_all(snapshot))
    return MatchBitmap(filters, _count_recent(snapshot, filters.period))


def page_of_owners(
    snapshot: Snapshot, matches: MatchBitmap, *, skip: int = 0, limit: int = 50
) -> pl.DataFrame:
    """Return a page of who was found in the same snapshot, by their rank among all of a period.

    Columns: rank, user_id, email, full_name, is_active, created_at, item_count.
    """
    period, ranks = matches.filters.period, matches.ranks(max(skip, 0), max(limit, 0))
    if not len(ranks) or ranks[-1] - ranks[0] >= len(ranks):
        return _at(snapshot, period, ranks)
    # Neighbours need no list, which a batch of thousands takes longer to be compared with.
    return _between(snapshot, period, skip=int(ranks[0]) - 1, limit=len(ranks))


def stream_owners(snapshot: Snapshot, filters: OwnerFilter = EVERYBODY) -> Iterator[pl.DataFrame]:
    """Yield all pages of who matches a filter, of at most 32,768 rows each.

    Each is a query of its own, so a slow reader occupies no place among the queries.
    """
    found = find_owners(snapshot, filters)
    if found.count > STREAM_ROWS and filters.narrows and filters.period is Period.ALL:
        # Batches by a list of ranks take twice as long as a walk that looks at each owner once.
        read, most = partial(_within, snapshot, filters), _count_all(snapshot)
    else:
        read, most = partial(page_of_owners, snapshot, found), found.count
    for skip in range(0, most, STREAM_ROWS):
        frame = read(skip=skip, limit=STREAM_ROWS)
        if frame.height:
            yield frame


def _within(snapshot: Snapshot, filters: OwnerFilter, *, skip: int, limit: int) -> pl.DataFrame:
    """Return who matches a filter without a period, of the owners with some of all the ranks."""
    files, conditions = _range(snapshot, skip, limit), _conditions(filters)
    frame = warehouse.read(snapshot, "items_by_user_within", **files, **conditions)
    return _ranked(snapshot, frame)


def _count_all(snapshot: Snapshot) -> int:
    frame = warehouse.read(snapshot, "totals", files=snapshot.files(TOTALS))
    return int(frame["owners"].item())


def _count_recent(snapshot: Snapshot, period: Period) -> int:
    recent = snapshot.files(RECENT_OWNERS)
    frame = warehouse.read(snapshot, "count_recent_owners", recent=recent, period=period.value)
    return int(frame.item())


def _flag(snapshot: Snapshot, filters: OwnerFilter) -> Flags:
    """Return for each rank whether its owner matches."""
    frame = warehouse.read(
        snapshot,
        "matching_owners",
        files=snapshot.files(ITEMS_BY_USER),
        added=snapshot.files(RANKING_ADDED),
        **_conditions(filters),
    )
    return _delta(snapshot).flag_ranks(frame["slot"].to_numpy())


def _flag_recent(snapshot: Snapshot, filters: OwnerFilter) -> Flags:
    """Return for each rank in a period, down to the last who matches, whether its owner does."""
    files, conditions = _recent(snapshot, filters.period), _conditions(filters)
    frame = warehouse.read(snapshot, "matching_recent_owners", **files, **conditions)
    ranks = frame["rank"].to_numpy()
    flags = np.zeros(ranks.max(initial=0), dtype=np.bool_)
    flags[ranks - 1] = True
    return flags


def _between(snapshot: Snapshot, period: Period, *, skip: int, limit: int) -> pl.DataFrame:
    """Return the owners with the ranks after `skip`."""
    if period is Period.ALL:
        return warehouse.read(snapshot, "items_by_user", **_range(snapshot, skip, limit))
    files = _recent(snapshot, period)
    return warehouse.read(snapshot, "recent_owners", **files, skip=skip, limit=limit)


def _at(snapshot: Snapshot, period: Period, ranks: Integers) -> pl.DataFrame:
    """Return the owners with these ranks."""
    if period is not Period.ALL:
        files = _recent(snapshot, period)
        asked = {"ranks": ranks.tolist(), "limit": len(ranks)}
        return warehouse.read(snapshot, "recent_owners_at", **files, **asked)
    places, added = _delta(snapshot).locate(ranks)
    frame = warehouse.read(
        snapshot,
        "items_by_user_at",
        files=snapshot.files(ITEMS_BY_USER),
        added=snapshot.files(RANKING_ADDED),
        places=places.tolist(),
        ranks=added.tolist(),
    )
    return _ranked(snapshot, frame)


def _ranked(snapshot: Snapshot, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the ranks that their places have."""
    places = frame["place"].fill_null(0).to_numpy()
    kept = pl.Series("kept", _delta(snapshot).ranks_at(places))
    rank = pl.coalesce(pl.col("rank"), kept).alias("rank")
    return frame.select(rank, pl.exclude("place", "rank"))


def _range(snapshot: Snapshot, skip: int, limit: int) -> dict[str, object]:
    """Return the parameters of questions about a range of ranks."""
    delta = _delta(snapshot)
    first, last = delta.places_within(skip, limit)
    return {
        "files": snapshot.files(ITEMS_BY_USER),
        "added": snapshot.files(RANKING_ADDED),
        "removed": delta.removed_between(first, last),
        "first": first,
        "last": last,
        "skip": skip,
        "limit": limit,
    }


def _recent(snapshot: Snapshot, period: Period) -> dict[str, object]:
    """Return the parameters of questions about the owners of a period."""
    return {
        "recent": snapshot.files(RECENT_OWNERS),
        "period": period.value,
        "files": snapshot.files(ITEMS_BY_USER),
        "removed": snapshot.files(RANKING_REMOVED),
        "added": snapshot.files(RANKING_ADDED),
    }


def _conditions(filters: OwnerFilter) -> dict[str, object]:
    """Return the parameters of questions that a filter narrows; None is not asked for."""
    words = split_words(filters.search)
    return {"text": words[0] if words else None, "others": words[1:] or None, **filters.bounds()}


def _delta(snapshot: Snapshot) -> RankingDelta:
    """Return the ranking delta of a snapshot; read once for each that is still in use."""
    deltas = process.resource(RankingDeltas)
    if snapshot not in deltas:
        removed = warehouse.read(
            snapshot, "removed_places", files=snapshot.files(RANKING_REMOVED)
        ).to_series()
        added = warehouse.read(
            snapshot, "added_ranks", files=snapshot.files(RANKING_ADDED)
        ).to_series()
        size = sum(file.rows for file in snapshot.manifest.dataset(ITEMS_BY_USER))
        deltas[snapshot] = RankingDelta(size, _numbers(removed), _numbers(added))
    return deltas[snapshot]


def _numbers(series: pl.Series) -> Integers:
    """Return the numbers of a series as threads may share them: in memory of their own."""
    numbers = series.to_numpy().copy()
    numbers.setflags(write=False)
    return numbers
