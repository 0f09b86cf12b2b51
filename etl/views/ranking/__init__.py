"""Users ranked by the items they own: written once as a whole, and as a ranking delta from then on.

`core.analytics.ranking` says what a delta is and how it is read; here is how it comes about, for
the same ten owners. This is the ranking as it was written, owners by place:

>>> import polars as pl
>>> from etl.views.ranking import delta, item_changes
>>> counts = [90, 80, 70, 60, 50, 40, 30, 20, 15, 10]
>>> places = pl.DataFrame({"user_id": range(1, 11), "item_count": counts})

Since then Fay (6) got 45 items, Cat (3) lost 45, Ida (9) lost all, and Kim (11) came and got 20.
Who owns how many more is counted from the owners of the items in partitions that changed:

>>> before, after = [3] * 70 + [6] * 40 + [9] * 15, [3] * 25 + [6] * 85 + [11] * 20
>>> changes = item_changes.count([(item_changes.owners(before), item_changes.owners(after))])
>>> changes.rows()
[(3, -45), (6, 45), (9, -15), (11, 20)]

Their places are *removed*, and who of them owns anything is *added*, most items first, with a rank:

>>> removed = delta.find_places(places, changes["user_id"])
>>> removed["place"].to_list()
[3, 6, 9]
>>> now = pl.DataFrame({"user_id": [3, 6, 9, 11], "item_count": [25, 85, 0, 20]})
>>> added = delta.rank_order(now.filter(pl.col("item_count") > 0))
>>> added.rows()
[(6, 85), (3, 25), (11, 20)]
>>> delta.rank_added(places, removed, added).tolist()
[2, 7, 9]

Where one in fifty has moved, the whole ranking is written anew.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from core.snapshots.manifest import File, files_of
from core.snapshots.reader import ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED
from etl.extract.plan import Base
from etl.views.ranking import delta, whole
from etl.views.ranking.layout import Ranking
from etl.views.ranking.whole import write
from etl.views.staged import StagedSnapshot

__all__ = ["Ranking", "read", "update", "write"]


def update(staged: StagedSnapshot, base: Base) -> Ranking:
    """Write the ranking delta since the base's ranking was written, or the whole if it is large.

    Raises `OrphanedItems`.
    """
    found = delta.find(staged, base)
    if found.is_large:
        return whole.write(staged, *found.count_owners())
    return delta.write(staged, base, found)


def read(folder: Path, files: Sequence[File]) -> pl.DataFrame:
    """Return the ranking of a snapshot as readers see it, without places and ranks."""
    whole = pl.read_parquet([folder / file.path for file in files_of(files, ITEMS_BY_USER)])
    kept = whole.join(pl.read_parquet(folder / RANKING_REMOVED), on="place", how="anti")
    added = pl.read_parquet(folder / RANKING_ADDED).drop("rank")
    ranked = pl.concat([kept.drop("place"), added.select(kept.drop("place").columns)])
    return ranked.sort("item_count", "user_id", descending=[True, False])
