"""What came into being shortly before a snapshot's instant: how much, and whose it is.

Files and row groups that hold nothing so young are passed over by their statistics. Ids that
ascend with time make that nearly all of them; where they do not, more is read and the same found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.calendar.periods import COMPARED, LIMITED, Period
from core.snapshots.manifest import File
from core.snapshots.reader import ITEMS, RECENT_OWNERS, USERS
from core.telemetry import spans
from etl.run.parallel import map_ahead, open_pool
from etl.views.owner_counts import Integers, OwnerCounts, descending, integers
from etl.views.staged import StagedSnapshot
from etl.views.top_owners import TOP

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
        pa.field("period", pa.dictionary(pa.int8(), pa.string()), nullable=False),
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

    def ranked(self, period: Period) -> tuple[Integers, Integers]:
        """Return the owners of what is new in a period and their counts, most first, ties by id."""
        within = [
            counts for p, counts in self.owners.items() if (p.days or 0) <= (period.days or 0)
        ]
        owners, counts = OwnerCounts.sum(within).pairs()
        order = descending(counts)
        return owners[order], counts[order]

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


@dataclass(frozen=True)
class Lists:
    """The file of owners by period, `new` as in `NEW`, and who is on top of each period.

    `tops` are the ids of the first 100, or fewer, and their counts.
    """

    file: File
    new: pa.Table
    tops: dict[Period, tuple[Integers, Integers]]


def write(staged: StagedSnapshot) -> Lists:
    """Write who owns what is new in a staged snapshot; as `count`, which see."""
    with spans.opened("refresh recent"):
        found = count(staged)
        tops = {}

        def tables() -> Iterator[pa.Table]:
            with map_ahead(found.ranked, LIMITED, "recent") as ranked:
                for period, (owners, counts) in zip(LIMITED, ranked, strict=True):
                    tops[period] = owners[:TOP], counts[:TOP]
                    yield _table(period, owners, counts)

        file = staged.write_view(RECENT_OWNERS, RANKED, tables())
    return Lists(file, found.new(), tops)


def count(staged: StagedSnapshot) -> Recent:
    """Look through the youngest rows of a staged snapshot.

    Memory: 3 MiB for each partition of the users, and a row group for each worker. Raises
    `Unavailable`.
    """
    partitions = [file.partition or 0 for file in staged.files(USERS)]
    recent = Recent(Counter(), Counter(), {period: OwnerCounts(partitions) for period in LIMITED})

    def read_users(path: Path) -> Counter[int]:
        staged.limits.check()
        groups = _read(path, staged.taken_at, max(LOOKED_BACK), "created_at")
        return sum((_count(ages) for _, ages in groups), Counter())

    def read_items(path: Path) -> Counter[int]:
        staged.limits.check()
        found: Counter[int] = Counter()
        for table, ages in _read(path, staged.taken_at, LONGEST, "created_at", "owner_id"):
            _add(recent.owners, integers(table, "owner_id"), ages)
            found += _count(ages)
        return found

    with open_pool("recent") as pool:
        for found in pool.map(read_users, staged.paths(USERS)):
            recent.users.update(found)
        for found in pool.map(read_items, staged.paths(ITEMS)):
            recent.items.update(found)
    return recent


def _table(period: Period, owners: Integers, counts: Integers) -> pa.Table:
    """Return, as in `RANKED`, what `Recent.ranked` returned."""
    same = pa.array(np.zeros(len(owners), np.int8))
    ranks = np.arange(1, len(owners) + 1)
    named = pa.DictionaryArray.from_arrays(same, [period.value])
    return pa.table([named, *map(pa.array, (ranks, owners, counts))], RANKED)


def _read(
    path: Path, taken_at: datetime, days: int, *names: str
) -> Iterator[tuple[pa.Table, Integers]]:
    """Yield row groups that may have rows so young, and how old each row is in microseconds."""
    now = _microseconds(taken_at)
    with pq.ParquetFile(path) as file:
        place = file.schema_arrow.get_field_index("created_at")
        for group in range(file.num_row_groups):
            statistics = file.metadata.row_group(group).column(place).statistics
            if _may_be_after(statistics, now - days * DAY):
                table = file.read_row_group(group, columns=list(names), use_threads=False)
                yield table, now - integers(table, "created_at")


def _add(counted: Mapping[Period, OwnerCounts], owners: Integers, ages: Integers) -> None:
    """Count the owners of items that are so old, each at the shortest period that it is in."""
    shorter = 0
    for period, counts in counted.items():
        counts.add(owners[_within(ages, period.days or 0, shorter)])
        shorter = period.days or 0


def _may_be_after(statistics: pq.Statistics | None, since: int) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.max_raw > since)


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
