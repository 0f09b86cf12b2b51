"""What moved in the ranking since it was written, found from the parts that changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from core.snapshots.manifest import Manifest
from core.snapshots.reader import ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED
from etl.views.owner_counts import Integers, integers, read
from etl.views.ranking import (
    JOINING,
    LEAVING,
    PEOPLE,
    PERSON,
    TOP,
    OrphanedItems,
    Ranking,
    searchable,
    write_moves,
)

MOST = 50  # a ranking in which one in so many has moved is written anew
ONE = np.uint64(1)
Owners = np.ndarray[tuple[int], np.dtype[np.uint64]]
Lookup = Callable[[Sequence[int]], pl.DataFrame]


@dataclass(frozen=True)
class Rewritten:
    """Part files of one table as they were and as they are now."""

    before: Sequence[Path]
    after: Sequence[Path]


@dataclass(frozen=True)
class Moves:
    """Who moved: `left` (place, user_id, item_count then), `joined` (person and item_count now).

    `places` is the ranking as it was written: user_id and item_count by place.
    """

    places: pl.DataFrame
    left: pl.DataFrame
    joined: pl.DataFrame

    @property
    def many(self) -> bool:
        """Whether the ranking is better written anew."""
        return max(self.left.height, self.joined.height) * MOST > self.places.height

    def pairs(self) -> tuple[Integers, Integers]:
        """Return the owners of now, ascending, and how many items each of them has."""
        stayed = self.places.join(self.left, on="user_id", how="anti")
        both = pl.concat(
            [stayed.select("user_id", "item_count"), self.joined.select("user_id", "item_count")]
        )
        both = both.sort("user_id")
        return both["user_id"].to_numpy(), both["item_count"].to_numpy()


def find(
    base: Path, manifest: Manifest, *, users: Rewritten, items: Rewritten, look_up: Lookup
) -> Moves:
    """Return what moved since the ranking of the base was written, up to now.

    `look_up` returns the persons (as in `PERSON`) with these ids, as they are now. Raises `Stray`.
    """
    places = _places(base, manifest)
    before_left = pl.read_parquet(base / RANKING_REMOVED)
    before_joined = (
        pl.read_parquet(base / RANKING_ADDED).drop("rank").rename({"search": "search_text"})
    )
    touched = _touched(users)
    deltas = _deltas(items)
    moved = pl.concat(
        [before_left["user_id"], before_joined["user_id"], deltas["user_id"], touched]
    ).unique()
    left = places.with_row_index("place", offset=1).filter(pl.col("user_id").is_in(moved.implode()))
    counts = _count(moved, left, before_left, before_joined, deltas)
    owners = counts.filter(pl.col("item_count") > 0)
    known = before_joined.drop("item_count").filter(~pl.col("user_id").is_in(touched.implode()))
    people = _complete(owners["user_id"], known, look_up)
    return Moves(
        places, left.select("place", "user_id", "item_count"), owners.join(people, on="user_id")
    )


def write(folder: Path, base: Path, manifest: Manifest, moves: Moves) -> Ranking:
    """Link the base's ranking into `folder`, and write what moved in it beside."""
    files = manifest.dataset(ITEMS_BY_USER)
    for file in files:
        (folder / file.path).hardlink_to(base / file.path)
    left = moves.left.sort("place")
    joined = moves.joined.sort("item_count", "user_id", descending=[True, False])
    ranks = _ranks(moves.places, left["place"].to_numpy(), joined)
    rows = searchable(
        _arrow(joined), JOINING, rank=ranks, item_count=joined["item_count"].to_numpy()
    )
    written = write_moves(folder, left.to_arrow().cast(LEAVING), rows)
    stayed = np.delete(moves.places["item_count"].to_numpy(), left["place"].to_numpy() - 1)
    counts = np.concatenate([stayed, joined["item_count"].to_numpy()])
    return Ranking((*files, *written), counts, _top(moves))


def _top(moves: Moves) -> tuple[Integers, Integers]:
    # Of so many places, at least the first hundred who stayed are among them.
    stayed = moves.places.head(TOP + moves.left.height).join(moves.left, on="user_id", how="anti")
    both = pl.concat([frame.select("user_id", "item_count") for frame in (stayed, moves.joined)])
    first = both.sort("item_count", "user_id", descending=[True, False]).head(TOP)
    return first["user_id"].to_numpy(), first["item_count"].to_numpy()


def _places(base: Path, manifest: Manifest) -> pl.DataFrame:
    files = [base / file.path for file in manifest.dataset(ITEMS_BY_USER)]
    return pl.read_parquet(files, columns=["user_id", "item_count"])


def _touched(users: Rewritten) -> pl.Series:
    """Return the ids of users who came, went or changed."""
    before, after = _people(users.before), _people(users.after)
    changed = [
        one.join(other, on=PERSON, how="anti", nulls_equal=True)["user_id"]
        for one, other in ((before, after), (after, before))
    ]
    return pl.concat(changed).unique()


def _people(paths: Sequence[Path]) -> pl.DataFrame:
    if not paths:
        return pl.DataFrame(schema=PEOPLE)
    return pl.read_parquet(list(paths), columns=list(PERSON))


def _deltas(items: Rewritten) -> pl.DataFrame:
    """Return user_id and delta: how many more items each user has, where that is not 0."""
    # Ids are not negative, so there is a bit to tell items of now from those of before: sorting
    # numbers takes a tenth of the time of grouping them.
    marked = []
    for paths in zip_longest(items.before, items.after):
        before, after = _differing(*map(_owners, paths))
        marked += [before << ONE, after << ONE | ONE]
    ends = np.sort(np.concatenate([np.empty(0, np.uint64), *marked]))
    users = ends >> ONE
    first = np.flatnonzero(np.diff(users, prepend=~users[:1]))
    steps = np.where(ends & ONE, 1, -1)
    delta = np.add.reduceat(steps, first) if len(first) else steps
    moved = delta != 0
    return pl.DataFrame({"user_id": users[first][moved].astype(np.int64), "delta": delta[moved]})


def _differing(before: Owners, after: Owners) -> tuple[Owners, Owners]:
    """Return both without what is the same at their beginnings, and then at their ends.

    Whatever two parts these are, the same owners were left out on both sides.
    """
    for step in (1, -1):
        most = min(len(before), len(after))
        same = before[::step][:most] == after[::step][:most]
        cut = most if same.all() else int(same.argmin())
        before, after = before[::step][cut:][::step], after[::step][cut:][::step]
    return before, after


def _owners(path: Path | None) -> Owners:
    if path is None:
        return np.empty(0, np.uint64)
    return integers(read(path, "owner_id"), "owner_id").astype(np.uint64)


def _count(
    moved: pl.Series,
    left: pl.DataFrame,
    before_left: pl.DataFrame,
    before_joined: pl.DataFrame,
    deltas: pl.DataFrame,
) -> pl.DataFrame:
    """Return user_id and item_count of now for everyone who moved."""
    # Who had moved before has the count of then, which is 0 for those who left for good.
    gone = before_left.join(before_joined, on="user_id", how="anti").select("user_id", item_count=0)
    known = pl.concat(
        [before_joined.select("user_id", "item_count"), gone.cast({"item_count": pl.Int64})]
    )
    fresh = left.join(known, on="user_id", how="anti").select("user_id", "item_count")
    return (
        moved.to_frame("user_id")
        .join(pl.concat([known, fresh]), on="user_id", how="left")
        .join(deltas, on="user_id", how="left")
        .select("user_id", item_count=pl.sum_horizontal("item_count", "delta"))
    )


def _complete(owners: pl.Series, known: pl.DataFrame, look_up: Lookup) -> pl.DataFrame:
    filters = owners.filter(~owners.is_in(known["user_id"].implode()))
    found = look_up(filters.to_list())
    missing = filters.filter(~filters.is_in(found["user_id"].implode()))
    if len(missing):
        raise OrphanedItems(missing.to_list())
    return pl.concat([known.select(PERSON), found.select(PERSON)])


def _ranks(places: pl.DataFrame, left: Integers, joined: pl.DataFrame) -> Integers:
    """Return the ranks of those who joined, in their order."""
    ids, inverted = places["user_id"].to_numpy(), -places["item_count"].to_numpy()
    before = np.empty(joined.height, dtype=np.int64)
    start = 0
    for (count,), group in joined.group_by("item_count", maintain_order=True):
        first = int(np.searchsorted(inverted, -count, side="left"))
        last = int(np.searchsorted(inverted, -count, side="right"))
        before[start : start + group.height] = first + np.searchsorted(
            ids[first:last], group["user_id"].to_numpy()
        )
        start += group.height
    return before - np.searchsorted(left, before, side="right") + np.arange(1, joined.height + 1)


def _arrow(people: pl.DataFrame) -> pa.Table:
    schema = pa.schema([*(JOINING.field(n) for n in PERSON[:-1]), ("search_text", pa.string())])
    return people.select(PERSON).to_arrow().cast(schema)
