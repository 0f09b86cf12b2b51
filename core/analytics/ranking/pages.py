"""Who owns how much, page by page: out of the ranking, out of the lists of periods, filtered."""

from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from core.analytics import warehouse
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking.delta import Flags, Integers, Ranks
from core.analytics.ranking.match_bitmap import Matches
from core.calendar.periods import Period
from core.snapshots.reader import ITEMS_BY_USER, JOINED, LEFT, RECENT_OWNERS, Snapshot
from core.text.folding import split_words

_moved: "WeakKeyDictionary[Snapshot, Ranks]" = WeakKeyDictionary()


def find(snapshot: Snapshot, filters: OwnerFilter) -> Matches:
    """Return who matches a filter that narrows, or a period other than all time."""
    if not filters.narrows:
        return Matches(filters, _count_recent(snapshot, filters.period))
    flag = _flag if filters.period is Period.ALL else _flag_recent
    return Matches.of(filters, flag(snapshot, filters))


def page(snapshot: Snapshot, matches: Matches, *, skip: int, limit: int) -> pl.DataFrame:
    """Return some of the owners who match, in the order of their rank among all of a period."""
    period, ranks = matches.filters.period, matches.ranks(skip, limit)
    if not len(ranks) or ranks[-1] - ranks[0] >= len(ranks):
        return _at(snapshot, period, ranks)
    # Neighbours need no list, which a batch of thousands takes longer to be compared with.
    return _between(snapshot, period, skip=int(ranks[0]) - 1, limit=len(ranks))


def within(snapshot: Snapshot, filters: OwnerFilter, *, skip: int, limit: int) -> pl.DataFrame:
    """Return who matches a filter without a period, of the owners with some of all the ranks."""
    files, conditions = _range(snapshot, skip, limit), _conditions(filters)
    frame = warehouse.read(snapshot, "items_by_user_within", **files, **conditions)
    return _ranked(snapshot, frame)


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
        joined=snapshot.files(JOINED),
        **_conditions(filters),
    )
    return _ranks(snapshot).flags(frame["number"].to_numpy())


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
    places, joined = _ranks(snapshot).split(ranks)
    frame = warehouse.read(
        snapshot,
        "items_by_user_at",
        files=snapshot.files(ITEMS_BY_USER),
        joined=snapshot.files(JOINED),
        places=places.tolist(),
        ranks=joined.tolist(),
    )
    return _ranked(snapshot, frame)


def _ranked(snapshot: Snapshot, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the ranks that their places have."""
    places = frame["place"].fill_null(0).to_numpy()
    stayed = pl.Series("stayed", _ranks(snapshot).ranks(places))
    rank = pl.coalesce(pl.col("rank"), stayed).alias("rank")
    return frame.select(rank, pl.exclude("place", "rank"))


def _range(snapshot: Snapshot, skip: int, limit: int) -> dict[str, object]:
    """Return the parameters of questions about a range of ranks."""
    ranks = _ranks(snapshot)
    first, last = ranks.places(skip, limit)
    return {
        "files": snapshot.files(ITEMS_BY_USER),
        "joined": snapshot.files(JOINED),
        "left": ranks.left_between(first, last),
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
        "left": snapshot.files(LEFT),
        "joined": snapshot.files(JOINED),
    }


def _conditions(filters: OwnerFilter) -> dict[str, object]:
    """Return the parameters of questions that a filter narrows; None is not asked for."""
    words = split_words(filters.search)
    return {"text": words[0] if words else None, "others": words[1:] or None, **filters.bounds()}


def _ranks(snapshot: Snapshot) -> Ranks:
    """Return what moved in the ranking; read once for each snapshot that is still in use."""
    if snapshot not in _moved:
        left, joined = (
            _numbers(warehouse.read(snapshot, question, files=snapshot.files(dataset))["moved"])
            for question, dataset in (("left", LEFT), ("joined", JOINED))
        )
        size = sum(file.rows for file in snapshot.manifest.dataset(ITEMS_BY_USER))
        _moved[snapshot] = Ranks(size, left, joined)
    return _moved[snapshot]


def _numbers(series: pl.Series) -> Integers:
    """Return the numbers of a series as threads may share them: in memory of their own."""
    numbers = series.to_numpy().copy()
    numbers.setflags(write=False)
    return numbers
