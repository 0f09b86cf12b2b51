"""What pages read, computed once for each snapshot, so that no page scans the raw rows."""

from collections.abc import Callable
from functools import partial

import polars as pl
import pyarrow as pa

from core.calendar.periods import Period
from core.snapshots.manifest import File
from core.snapshots.reader import CREATED, ITEM_COUNTS, ITEMS, NEW, TOP_OWNERS, TOTALS, USERS
from core.telemetry import malloc, spans
from etl.extract.plan import Base
from etl.run.parallel import run_beside
from etl.views import created_counts, item_counts, ranking, recent_owners, top_owners
from etl.views.created_counts import Created
from etl.views.owner_counts import OwnerCounts
from etl.views.people import OrphanedItems
from etl.views.ranking import Ranking
from etl.views.recent_owners import Lists
from etl.views.row_sums import RowSums
from etl.views.staged import StagedSnapshot

TOTAL = pa.schema(
    [
        pa.field(name, pa.int64(), nullable=False)
        for name in ("users", "active_users", "items", "owners")
    ]
)


def compute(staged: StagedSnapshot) -> list[File]:
    """Write the views of a staged snapshot from all its partitions.

    Returns their manifest entries. Raises `OrphanedItems`, and `Unavailable` at the limits.
    """
    owners = OwnerCounts(file.partition or 0 for file in staged.files(USERS))
    sums = RowSums(staged.limits, Created())
    with spans.opened("refresh sums"):
        sums.add(staged.paths(USERS), staged.paths(ITEMS), owners=owners)
    if owners.orphans:
        raise OrphanedItems(list(owners.orphans))
    malloc.release()
    with spans.opened("refresh ranking"):
        ranked = ranking.write(staged, *owners.pairs())
    del owners
    malloc.release()
    return _write(staged, ranked, sums, partial(recent_owners.write, staged))


def update(staged: StagedSnapshot, base: Base) -> list[File]:
    """Write the views of a staged snapshot from those of `base` and what changed since.

    Returns their manifest entries. Raises `OrphanedItems`, and `Unavailable` at the limits.
    """
    users, items = (staged.rewritten_since(base, dataset) for dataset in (USERS, ITEMS))
    # What is recent needs nothing of the ranking, and takes about as long.
    with run_beside(partial(recent_owners.write, staged), "recent") as recent:
        with spans.opened("refresh sums"):
            active = int(pl.read_parquet(base.folder / TOTALS)["active_users"].item())
            sums = RowSums(staged.limits, Created(pl.read_parquet(base.folder / CREATED)), active)
            sums.add(users.after, items.after)
            sums.add(users.before, items.before, sign=-1)
        with spans.opened("refresh ranking"):
            ranked = ranking.update(staged, base)
        return _write(staged, ranked, sums, recent)


def _write(
    staged: StagedSnapshot, ranked: Ranking, sums: RowSums, recent: Callable[[], Lists]
) -> list[File]:
    users, items = staged.count_rows(USERS), staged.count_rows(ITEMS)
    totals = pa.table([[users], [sums.active], [items], [len(ranked.counts)]], TOTAL)
    counts = item_counts.count(ranked.counts, users)
    written = [
        staged.write_view(CREATED, created_counts.SCHEMA, [sums.created.table()]),
        staged.write_view(ITEM_COUNTS, item_counts.SCHEMA, [counts]),
        staged.write_view(TOTALS, TOTAL, [totals]),
    ]
    lists = recent()
    malloc.release()
    tops = top_owners.name({Period.ALL: ranked.top, **lists.tops}, staged.look_up)
    written += [
        staged.write_view(NEW, recent_owners.NEW, [lists.new]),
        staged.write_view(TOP_OWNERS, top_owners.SCHEMA, [tops]),
    ]
    return [*ranked.files, lists.file, *written]
