"""Who owns how much, page by page: out of the ranking, out of the lists of periods, filtered."""

from weakref import WeakKeyDictionary

import polars as pl
import pyarrow.compute as pc

from core import warehouse
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.ranks import Ranks
from core.snapshots import ITEMS_BY_USER, JOINED, LEFT, RECENT_OWNERS, Snapshot

_moved: "WeakKeyDictionary[Snapshot, Ranks]" = WeakKeyDictionary()


def page(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int, limit: int) -> pl.DataFrame:
    """Return some of the owners who match, in the order of their rank among all of a period."""
    if wanted.period is not Period.ALL:
        return _recent(snapshot, wanted, skip, limit)
    if wanted.narrows:
        return _matching(snapshot, wanted, skip, limit)
    return _whole(snapshot, skip, limit)


def within(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int, limit: int) -> pl.DataFrame:
    """Return who matches a filter without a period, of the owners with some of all the ranks."""
    frame = warehouse.read(
        snapshot,
        "items_by_user_within",
        text=_findable(wanted.search),
        **_range(snapshot, skip, limit),
        **wanted.bounds(),
    )
    return _ranked(snapshot, frame)


def count_matching(snapshot: Snapshot, wanted: OwnerFilter) -> int:
    """Return how many owners match a filter that narrows, or a period other than all time."""
    if wanted.period is not Period.ALL:
        return _count_recent(snapshot, wanted)
    question = "count_items_by_user_" + _kind(wanted)
    return int(
        warehouse.read(snapshot, question, **_ranking(snapshot), **_conditions(wanted)).item()
    )


def _whole(snapshot: Snapshot, skip: int, limit: int) -> pl.DataFrame:
    return warehouse.read(snapshot, "items_by_user", **_range(snapshot, skip, limit))


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


def _matching(snapshot: Snapshot, wanted: OwnerFilter, skip: int, limit: int) -> pl.DataFrame:
    frame = warehouse.read(
        snapshot,
        "items_by_user_" + _kind(wanted),
        skip=skip,
        limit=limit,
        **_ranking(snapshot),
        **_conditions(wanted),
    )
    return _ranked(snapshot, frame)


def _ranked(snapshot: Snapshot, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the ranks that their places have."""
    places = frame["place"].fill_null(0).to_numpy()
    stayed = pl.Series("stayed", _ranks(snapshot).ranks(places))
    rank = pl.coalesce(pl.col("rank"), stayed).alias("rank")
    return frame.select(rank, pl.exclude("place", "rank"))


def _recent(snapshot: Snapshot, wanted: OwnerFilter, skip: int, limit: int) -> pl.DataFrame:
    conditions = {**wanted.bounds(), "text": _findable(wanted.search)} if wanted.narrows else {}
    return warehouse.read(
        snapshot,
        "recent_owners_matching" if wanted.narrows else "recent_owners",
        recent=snapshot.files(RECENT_OWNERS),
        period=wanted.period.value,
        skip=skip,
        limit=limit,
        **_ranking(snapshot),
        **conditions,
    )


def _count_recent(snapshot: Snapshot, wanted: OwnerFilter) -> int:
    recent, period = snapshot.files(RECENT_OWNERS), wanted.period.value
    if not wanted.narrows:
        frame = warehouse.read(snapshot, "count_recent_owners", recent=recent, period=period)
    else:
        frame = warehouse.read(
            snapshot,
            "count_recent_owners_matching",
            recent=recent,
            period=period,
            **_ranking(snapshot),
            text=_findable(wanted.search),
            **wanted.bounds(),
        )
    return int(frame.item())


def _kind(wanted: OwnerFilter) -> str:
    # Looking into the text of a million rows takes longer than all the rest; with further
    # conditions it takes a sixth longer still.
    if wanted.searches:
        return "matching_filtered" if wanted.limits else "matching"
    return "filtered"


def _conditions(wanted: OwnerFilter) -> dict[str, object]:
    """Return the parameters that the questions of this kind of filter have."""
    text = {"text": _findable(wanted.search)} if wanted.searches else {}
    bounds = wanted.bounds() if wanted.limits else {}
    return {**bounds, **text}


def _ranking(snapshot: Snapshot) -> dict[str, object]:
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
    """Return a text as it stands in the views, where it is to be found."""
    # In the view, U+0000 stands between address and name; no text in PostgreSQL can contain it.
    # The refresh lowers the view by the same function, so that both sides fold a letter alike.
    return str(pc.utf8_lower(search.replace("\x00", "")))
