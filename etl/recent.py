"""What came into being shortly before a snapshot's instant: how much, and whose it is.

Files and row groups that hold nothing so young are passed over by their statistics. Ids that
ascend with time make that nearly all of them; where they do not, more is read and the same found.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.manifest import File
from core.periods import COMPARED, LIMITED, Period
from core.snapshots import ITEMS, USERS
from etl.columns import Integers, OwnerCounts, integers
from etl.limits import Limits
from etl.ranking import descending

THREADS = 2
DAY = 86_400 * 1_000_000  # microseconds
LONGEST = max(period.days or 0 for period in LIMITED)
LOOKED_BACK = sorted({(p.days or 0) * times for p in COMPARED for times in (1, 2)})
NEW = pa.schema(
    [
        pa.field("period", pa.string(), nullable=False),
        *(
            pa.field(name, pa.int64(), nullable=False)
            for name in ("users", "users_before", "items", "items_before")
        ),
    ]
)


RANKED = pa.schema(
    [
        pa.field("period", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in ("rank", "user_id", "item_count")),
    ]
)


@dataclass(frozen=True)
class Recent:
    """How many users and items are less than so many days old, and who owns the items.

    `owners` has each item once, at the shortest period that it is in.
    """

    users: Counter[int]
    items: Counter[int]
    owners: dict[Period, OwnerCounts]

    def ranked(self, period: Period) -> pa.Table:
        """Return, as in `RANKED`, the owners of what is new in a period, most first, ties by id."""
        within = [
            counts for p, counts in self.owners.items() if (p.days or 0) <= (period.days or 0)
        ]
        owners, counts = OwnerCounts.sum(within).pairs()
        order = descending(counts)
        columns = (np.arange(1, len(order) + 1), owners[order], counts[order])
        named = pa.repeat(period.value, len(order))
        return pa.table([named, *map(pa.array, columns)], RANKED)

    def new(self) -> pa.Table:
        """Return, as in `NEW`, how many are new in each period, and in as long a time before it."""
        rows = []
        for period in COMPARED:
            days = period.days or 0
            row: dict[str, object] = {"period": period.value}
            for name, found in (("users", self.users), ("items", self.items)):
                row |= {name: found[days], f"{name}_before": found[2 * days] - found[days]}
            rows.append(row)
        return pa.Table.from_pylist(rows, NEW)


def count(folder: Path, files: Sequence[File], taken_at: datetime, limits: Limits) -> Recent:
    """Look through the youngest rows of the snapshot staged in `folder`.

    Memory: 3 MiB for each part of the users, and the rows of a part. Raises `Unavailable`.
    """
    users = [file for file in files if file.path.startswith(f"{USERS}/")]
    items = [folder / file.path for file in files if file.path.startswith(f"{ITEMS}/")]
    parts = [file.part or 0 for file in users]
    recent = Recent(Counter(), Counter(), {period: OwnerCounts(parts) for period in LIMITED})

    def read_user(path: Path) -> Counter[int]:
        limits.check()
        _, ages = _read(path, taken_at, max(LOOKED_BACK), "created_at")
        return _count(ages)

    def read_item(path: Path) -> Counter[int]:
        limits.check()
        table, ages = _read(path, taken_at, LONGEST, "created_at", "owner_id")
        if len(ages):
            owners = integers(table, "owner_id")
            shorter = 0
            for period, counts in recent.owners.items():
                found = owners[_within(ages, period.days or 0, shorter)]
                if len(found):
                    counts.add(found)
                shorter = period.days or 0
        return _count(ages)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="recent") as pool:
        for found in pool.map(read_user, [folder / file.path for file in users]):
            recent.users.update(found)
        for found in pool.map(read_item, items):
            recent.items.update(found)
    return recent


def _read(path: Path, taken_at: datetime, days: int, *names: str) -> tuple[pa.Table, Integers]:
    """Return the rows that may be so young, and how old each is in microseconds."""
    since = taken_at - timedelta(days=days)
    with pq.ParquetFile(path) as file:
        groups = [g for g in range(file.num_row_groups) if _may_be_after(file, g, since)]
        table = file.read_row_groups(groups, columns=list(names), use_threads=False)
    return table, _microseconds(taken_at) - integers(table, "created_at")


def _may_be_after(file: pq.ParquetFile, group: int, since: datetime) -> bool:
    place = file.schema_arrow.get_field_index("created_at")
    statistics = file.metadata.row_group(group).column(place).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.max_raw > _microseconds(since))


def _microseconds(at: datetime) -> int:
    return int(pa.scalar(at, pa.timestamp("us", tz="UTC")).value)


def _count(ages: Integers) -> Counter[int]:
    return Counter({days: int(np.count_nonzero(_within(ages, days))) for days in LOOKED_BACK})


def _within(
    ages: Integers, days: int, more_than: int = 0
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    # What comes in the future is not new yet; what is exactly so old is no longer.
    result: np.ndarray[tuple[int], np.dtype[np.bool_]] = (ages >= more_than * DAY) & (
        ages < days * DAY
    )
    return result
