"""The ranking delta: what was removed from the ranking since it was written, and added to it."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from core.snapshots.reader import ITEMS, ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED, USERS
from etl.extract.plan import Base
from etl.views import people
from etl.views.owner_counts import Integers
from etl.views.people import PERSON, Lookup, OrphanedItems
from etl.views.ranking import item_changes
from etl.views.ranking.layout import ADDED, REMOVED, Ranking, complete, write_delta
from etl.views.staged import Rewritten, StagedSnapshot
from etl.views.top_owners import TOP

MOST = 50  # a ranking in which one in so many has moved is written anew


@dataclass(frozen=True)
class RankingDelta:
    """Rows `removed` (place, user_id, item_count then) and `added` (person and item_count now).

    `places` is the ranking as it was written: user_id and item_count by place.
    """

    places: pl.DataFrame
    removed: pl.DataFrame
    added: pl.DataFrame

    @property
    def is_large(self) -> bool:
        """Whether the ranking is better written anew."""
        return max(self.removed.height, self.added.height) * MOST > self.places.height

    def count_owners(self) -> tuple[Integers, Integers]:
        """Return the owners of now, ascending, and how many items each of them has."""
        now = _counted(self.places.join(self.removed, on="user_id", how="anti"), self.added)
        now = now.sort("user_id")
        return now["user_id"].to_numpy(), now["item_count"].to_numpy()

    def top(self) -> tuple[Integers, Integers]:
        """Return the first hundred owners of now, and how many items each of them has."""
        # Of so many places, at least the first hundred that were kept are among them.
        places = self.places.head(TOP + self.removed.height)
        kept = places.join(self.removed, on="user_id", how="anti")
        first = rank_order(_counted(kept, self.added)).head(TOP)
        return first["user_id"].to_numpy(), first["item_count"].to_numpy()


def find(staged: StagedSnapshot, base: Base) -> RankingDelta:
    """Return the delta from the ranking of the base, as it was written, to a staged snapshot.

    Raises `OrphanedItems`.
    """
    earlier = _Earlier(
        pl.read_parquet(base.folder / RANKING_REMOVED),
        pl.read_parquet(base.folder / RANKING_ADDED).drop("rank").rename({"search": "search_text"}),
    )
    places = _read_places(base)
    touched = _find_touched(staged.rewritten_since(base, USERS))
    changes = item_changes.find(staged.rewritten_since(base, ITEMS))
    moved = pl.concat([earlier.moved, changes["user_id"], touched]).unique()
    removed = find_places(places, moved)
    counts = earlier.count(moved, removed, changes)
    owners = counts.filter(pl.col("item_count") > 0)
    known = earlier.added.drop("item_count").filter(~pl.col("user_id").is_in(touched.implode()))
    persons = _complete(owners["user_id"], known, staged.look_up)
    return RankingDelta(places, removed, owners.join(persons, on="user_id"))


def write(staged: StagedSnapshot, base: Base, delta: RankingDelta) -> Ranking:
    """Link the base's ranking into the staged snapshot, and write its delta beside."""
    files = base.manifest.dataset(ITEMS_BY_USER)
    for file in files:
        (staged.folder / file.path).hardlink_to(base.folder / file.path)
    removed, added = delta.removed.sort("place"), rank_order(delta.added)
    ranks = rank_added(delta.places, removed, added)
    counts = added["item_count"].to_numpy()
    rows = complete(_to_arrow(added), ADDED, rank=ranks, item_count=counts)
    written = write_delta(staged, removed.to_arrow().cast(REMOVED), rows)
    kept = np.delete(delta.places["item_count"].to_numpy(), removed["place"].to_numpy() - 1)
    return Ranking((*files, *written), np.concatenate([kept, counts]), delta.top())


def find_places(places: pl.DataFrame, moved: pl.Series) -> pl.DataFrame:
    """Return place, user_id and item_count of those who moved and have a place."""
    numbered = places.with_row_index("place", offset=1)
    found = numbered.filter(pl.col("user_id").is_in(moved.implode()))
    return found.select("place", "user_id", "item_count")


def rank_order(owners: pl.DataFrame) -> pl.DataFrame:
    """Return owners in the order of their ranks: most items first, ties by user id."""
    return owners.sort("item_count", "user_id", descending=[True, False])


def rank_added(places: pl.DataFrame, removed: pl.DataFrame, added: pl.DataFrame) -> Integers:
    """Return the ranks of the rows that are added, which are in the order of them."""
    ids, inverted = places["user_id"].to_numpy(), -places["item_count"].to_numpy()
    before = np.empty(added.height, dtype=np.int64)  # how many places are before each
    start = 0
    for (count,), group in added.group_by("item_count", maintain_order=True):
        first = int(np.searchsorted(inverted, -count, side="left"))
        last = int(np.searchsorted(inverted, -count, side="right"))
        before[start : start + group.height] = first + np.searchsorted(
            ids[first:last], group["user_id"].to_numpy()
        )
        start += group.height
    gone = np.searchsorted(removed["place"].to_numpy(), before, side="right")
    return before - gone + np.arange(1, added.height + 1)


@dataclass(frozen=True)
class _Earlier:
    """The delta of the base: rows that it had removed, and people that it had added."""

    removed: pl.DataFrame
    added: pl.DataFrame

    @property
    def moved(self) -> pl.Series:
        """The ids of all in it."""
        return pl.concat([self.removed["user_id"], self.added["user_id"]])

    def count(self, moved: pl.Series, removed: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
        """Return user_id and item_count of now for everyone who moved."""
        # Who had moved before has the count of then, which is 0 for those who left for good.
        gone = self.removed.join(self.added, on="user_id", how="anti")
        known = pl.concat(
            [
                self.added.select("user_id", "item_count"),
                gone.select("user_id", item_count=pl.lit(0, pl.Int64)),
            ]
        )
        fresh = removed.join(known, on="user_id", how="anti").select("user_id", "item_count")
        return (
            moved.to_frame("user_id")
            .join(pl.concat([known, fresh]), on="user_id", how="left")
            .join(changes, on="user_id", how="left")
            .select("user_id", item_count=pl.sum_horizontal("item_count", "change"))
        )


def _counted(*rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([some.select("user_id", "item_count") for some in rows])


def _read_places(base: Base) -> pl.DataFrame:
    files = [base.folder / file.path for file in base.manifest.dataset(ITEMS_BY_USER)]
    return pl.read_parquet(files, columns=["user_id", "item_count"])


def _find_touched(users: Rewritten) -> pl.Series:
    """Return the ids of users who came, went or changed."""
    before, after = people.read(users.before), people.read(users.after)
    changed = [
        one.join(other, on=list(PERSON), how="anti", nulls_equal=True)["user_id"]
        for one, other in ((before, after), (after, before))
    ]
    return pl.concat(changed).unique()


def _complete(owners: pl.Series, known: pl.DataFrame, look_up: Lookup) -> pl.DataFrame:
    """Return the owners as people: those known from before, and others looked up."""
    unknown = owners.filter(~owners.is_in(known["user_id"].implode()))
    found = look_up(unknown.to_list())
    missing = unknown.filter(~unknown.is_in(found["user_id"].implode()))
    if len(missing):
        raise OrphanedItems(missing.to_list())
    return pl.concat([known.select(*PERSON), found.select(*PERSON)])


def _to_arrow(persons: pl.DataFrame) -> pa.Table:
    fields = [ADDED.field(name) for name in PERSON if name != "search_text"]
    schema = pa.schema([*fields, ("search_text", pa.string())])
    return persons.select(*PERSON).to_arrow().cast(schema)
