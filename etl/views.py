"""What pages read, computed once for each snapshot, so that no page scans the raw rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from core import spans
from core.snapshots import CREATED_PER_DAY, DISTRIBUTION, ITEMS, TOTALS, USERS, File
from etl import columns, moves, ranking
from etl.columns import Integers, OwnerCounts
from etl.instant import Instant
from etl.limits import Limits
from etl.moves import PEOPLE, Rewritten
from etl.parts import write_file
from etl.plan import Base
from etl.ranking import Ranking

THREADS = 2
BUCKETS = (
    ("1", 1),
    ("2-5", 2),
    ("6-10", 6),
    ("11-50", 11),
    ("51-100", 51),
    ("101-1,000", 101),
    ("more", 1001),
)
DAYS = pa.schema(
    [
        pa.field("day", pa.date32(), nullable=False),
        pa.field("users", pa.int64(), nullable=False),
        pa.field("items", pa.int64(), nullable=False),
    ]
)
DISTRIBUTED = pa.schema(
    [
        pa.field("position", pa.int32(), nullable=False),
        pa.field("bucket", pa.string(), nullable=False),
        pa.field("users", pa.int64(), nullable=False),
    ]
)
TOTAL = pa.schema(
    [
        pa.field(name, pa.int64(), nullable=False)
        for name in ("users", "active_users", "items", "owners")
    ]
)
LOOK_UP = """
SELECT id, email, full_name, is_active, created_at FROM "user" WHERE id = ANY(%s)
"""


@dataclass(frozen=True)
class Sums:
    """What does not depend on who owns what: rows per day by table, and active users."""

    users: Counter[int]
    items: Counter[int]
    active: int


def compute(folder: Path, files: Sequence[File], limits: Limits) -> list[File]:
    """Write the views of the snapshot staged in `folder` from all its parts.

    Returns their manifest entries. Raises `ranking.Stray`, and `Unavailable` at the limits.
    """
    users = [folder / file.path for file in files if file.path.startswith(f"{USERS}/")]
    items = [folder / file.path for file in files if file.path.startswith(f"{ITEMS}/")]
    owners = OwnerCounts(file.part or 0 for file in files if file.path.startswith(f"{USERS}/"))
    with spans.opened("refresh sums"):
        sums = _sum(users, items, limits, owners)
    if owners.strays:
        raise ranking.Stray(list(owners.strays))
    columns.release()
    with spans.opened("refresh ranking"):
        ranked = ranking.write(folder, users, *owners.pairs())
    columns.release()
    return _write(folder, files, ranked, sums)


def update(
    folder: Path, base: Base, files: Sequence[File], instant: Instant, limits: Limits
) -> list[File]:
    """Write the views of the snapshot staged in `folder` from those of `base` and what changed.

    Returns their manifest entries. Raises `ranking.Stray`, and `Unavailable` at the limits.
    """
    users, items = (_rewritten(folder, base, files, dataset) for dataset in (USERS, ITEMS))
    with spans.opened("refresh sums"):
        sums = _add(
            _read_sums(base),
            _sum(users.after, items.after, limits),
            _sum(users.before, items.before, limits),
        )
    with spans.opened("refresh ranking"):
        ranked = _rank(folder, base, files, users, items, instant)
    return _write(folder, files, ranked, sums)


def _rank(
    folder: Path,
    base: Base,
    files: Sequence[File],
    users: Rewritten,
    items: Rewritten,
    instant: Instant,
) -> Ranking:
    def look_up(ids: Sequence[int]) -> pl.DataFrame:
        rows = instant.ask(LOOK_UP, list(ids)) if ids else []
        return pl.DataFrame(rows, schema=PEOPLE, orient="row")

    moved = moves.find(base.folder, base.manifest, users=users, items=items, look_up=look_up)
    if moved.many:
        paths = [folder / file.path for file in files if file.path.startswith(f"{USERS}/")]
        return ranking.write(folder, paths, *moved.pairs())
    return moves.write(folder, base.folder, base.manifest, moved)


def _rewritten(folder: Path, base: Base, files: Sequence[File], dataset: str) -> Rewritten:
    before = {file.path for file in base.manifest.dataset(dataset)}
    after = {file.path for file in files if file.path.startswith(f"{dataset}/")}
    return Rewritten(
        before=[base.folder / path for path in sorted(before - after)],
        after=[folder / path for path in sorted(after - before)],
    )


def _sum(
    users: Iterable[Path], items: Iterable[Path], limits: Limits, owners: OwnerCounts | None = None
) -> Sums:
    """Add up parts, several at a time, since reading leaves the interpreter free."""
    sums = Sums(Counter(), Counter(), 0)

    def read_user(path: Path) -> tuple[Counter[int], int]:
        limits.check()
        table = columns.read(path, "created_at", "is_active")
        days = columns.count_days(columns.integers(table, "created_at"))
        return days, int(np.count_nonzero(table["is_active"].to_numpy()))

    def read_item(path: Path) -> Counter[int]:
        limits.check()
        names = ("created_at", "owner_id") if owners is not None else ("created_at",)
        table = columns.read(path, *names)
        if owners is not None:
            owners.add(columns.integers(table, "owner_id"))
        return columns.count_days(columns.integers(table, "created_at"))

    active = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="sums") as pool:
        for days, count in pool.map(read_user, users):
            sums.users.update(days)
            active += count
        for days in pool.map(read_item, items):
            sums.items.update(days)
    return Sums(sums.users, sums.items, active)


def _read_sums(base: Base) -> Sums:
    days = pl.read_parquet(base.folder / CREATED_PER_DAY).with_columns(pl.col("day").to_physical())
    totals = pl.read_parquet(base.folder / TOTALS).row(0, named=True)
    users, items = (
        Counter(dict(zip(days["day"].to_list(), days[name].to_list(), strict=True)))
        for name in ("users", "items")
    )
    return Sums(users, items, int(totals["active_users"]))


def _add(base: Sums, after: Sums, before: Sums) -> Sums:
    for one, more, less in (
        (base.users, after.users, before.users),
        (base.items, after.items, before.items),
    ):
        one.update(more)
        one.subtract(less)
    return Sums(base.users, base.items, base.active + after.active - before.active)


def _write(folder: Path, files: Sequence[File], ranked: Ranking, sums: Sums) -> list[File]:
    users, items = (
        sum(file.rows for file in files if file.path.startswith(f"{dataset}/"))
        for dataset in (USERS, ITEMS)
    )
    days = sorted(day for day in sums.users | sums.items if sums.users[day] or sums.items[day])
    buckets = _distribute(ranked.counts, users)
    tables = {
        CREATED_PER_DAY: _table(
            DAYS, days, [sums.users[d] for d in days], [sums.items[d] for d in days]
        ),
        DISTRIBUTION: _table(DISTRIBUTED, range(len(buckets)), *zip(*buckets, strict=True)),
        TOTALS: _table(TOTAL, [users], [sums.active], [items], [ranked.owners]),
    }
    written = [
        write_file(folder, path, table.schema, [table], **ranking.options(table.schema, 1 << 16))
        for path, table in tables.items()
    ]
    return [*ranked.files, *written]


def _distribute(counts: Integers, users: int) -> list[tuple[str, int]]:
    """Return how many users own how many items, in buckets; every bucket is there."""
    edges = [least for _, least in BUCKETS]
    found = np.bincount(np.searchsorted(edges, counts, side="right"), minlength=len(edges) + 1)
    named = [(name, int(count)) for (name, _), count in zip(BUCKETS, found[1:], strict=True)]
    return [("0", users - len(counts)), *named]


def _table(schema: pa.Schema, *values: Iterable[object]) -> pa.Table:
    arrays = [pa.array(list(v), f.type) for v, f in zip(values, schema, strict=True)]
    return pa.table(arrays, schema)
