"""What pages read, computed once for each snapshot, so that no page scans the raw rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from core.calendar.periods import Period
from core.snapshots.manifest import File, files_of
from core.snapshots.reader import CREATED, ITEM_COUNTS, ITEMS, NEW, TOP_OWNERS, TOTALS, USERS
from core.telemetry import malloc, spans
from etl.extract.exported_snapshot import ExportedSnapshot
from etl.extract.parquet_writer import write_file
from etl.extract.plan import Base
from etl.run.deadline import Limits
from etl.views import owner_counts, ranking, ranking_delta, recent_owners
from etl.views.created_counts import Created
from etl.views.owner_counts import Integers, OwnerCounts
from etl.views.ranking import PEOPLE, PERSON, OrphanedItems, Ranking
from etl.views.ranking_delta import Lookup, Rewritten
from etl.views.recent_owners import Lists

THREADS = 2
GROUP = 1 << 16
TOPS = pa.schema(
    [
        pa.field("period", pa.string(), nullable=False),
        pa.field("rank", pa.int64(), nullable=False),
        pa.field("user_id", pa.int64(), nullable=False),
        pa.field("email", pa.string(), nullable=False),
        pa.field("full_name", pa.string()),
        pa.field("is_active", pa.bool_(), nullable=False),
        pa.field("item_count", pa.int64(), nullable=False),
    ]
)
COUNTED = pa.schema(
    [pa.field(name, pa.int64(), nullable=False) for name in ("item_count", "users")]
)
TOTAL = pa.schema(
    [
        pa.field(name, pa.int64(), nullable=False)
        for name in ("users", "active_users", "items", "owners")
    ]
)
LOOK_UP = f'SELECT id, {", ".join(PERSON[1:])} FROM "user" WHERE id = ANY(%s)'  # noqa: S608


def compute(
    folder: Path, files: Sequence[File], exported_snapshot: ExportedSnapshot, limits: Limits
) -> list[File]:
    """Write the views of the snapshot staged in `folder` from all its parts.

    Returns their manifest entries. Raises `ranking.Stray`, and `Unavailable` at the limits.
    """
    users = [folder / file.path for file in files_of(files, USERS)]
    items = [folder / file.path for file in files_of(files, ITEMS)]
    owners = OwnerCounts(file.part or 0 for file in files_of(files, USERS))
    created = Created()
    with spans.opened("refresh sums"):
        active = _add(created, users, items, limits, owners=owners)
    if owners.orphans:
        raise OrphanedItems(list(owners.orphans))
    malloc.release()
    with spans.opened("refresh ranking"):
        ranked = ranking.write(folder, users, *owners.pairs())
    del owners
    malloc.release()
    write_recent = partial(recent_owners.write, folder, files, exported_snapshot.taken_at, limits)
    return _write(folder, files, ranked, created, active, write_recent, exported_snapshot)


def update(
    folder: Path,
    base: Base,
    files: Sequence[File],
    exported_snapshot: ExportedSnapshot,
    limits: Limits,
) -> list[File]:
    """Write the views of the snapshot staged in `folder` from those of `base` and what changed.

    Returns their manifest entries. Raises `ranking.Stray`, and `Unavailable` at the limits.
    """
    users, items = (_rewritten(folder, base, files, dataset) for dataset in (USERS, ITEMS))
    # What is recent needs nothing of the ranking, and takes about as long.
    write_recent = partial(recent_owners.write, folder, files, exported_snapshot.taken_at, limits)
    with ThreadPoolExecutor(1, thread_name_prefix="recent") as beside:
        lists = beside.submit(copy_context().run, write_recent)
        with spans.opened("refresh sums"):
            created = Created(pl.read_parquet(base.folder / CREATED))
            active = int(pl.read_parquet(base.folder / TOTALS)["active_users"].item())
            active += _add(created, users.after, items.after, limits)
            active -= _add(created, users.before, items.before, limits, sign=-1)
        with spans.opened("refresh ranking"):
            ranked = _rank(folder, base, files, users, items, exported_snapshot)
        return _write(folder, files, ranked, created, active, lists.result, exported_snapshot)


def _rank(
    folder: Path,
    base: Base,
    files: Sequence[File],
    users: Rewritten,
    items: Rewritten,
    exported_snapshot: ExportedSnapshot,
) -> Ranking:
    look_up = partial(_look_up, exported_snapshot)
    moved = ranking_delta.find(
        base.folder, base.manifest, users=users, items=items, look_up=look_up
    )
    if moved.many:
        paths = [folder / file.path for file in files_of(files, USERS)]
        return ranking.write(folder, paths, *moved.pairs())
    return ranking_delta.write(folder, base.folder, base.manifest, moved)


def _look_up(exported_snapshot: ExportedSnapshot, ids: Sequence[int]) -> pl.DataFrame:
    rows = exported_snapshot.ask(LOOK_UP, list(ids)) if ids else []
    return pl.DataFrame(rows, schema=PEOPLE, orient="row")


def _rewritten(folder: Path, base: Base, files: Sequence[File], dataset: str) -> Rewritten:
    before = {file.path for file in base.manifest.dataset(dataset)}
    after = {file.path for file in files_of(files, dataset)}
    return Rewritten(
        before=[base.folder / path for path in sorted(before - after)],
        after=[folder / path for path in sorted(after - before)],
    )


def _add(
    created: Created,
    users: Iterable[Path],
    items: Iterable[Path],
    limits: Limits,
    *,
    sign: int = 1,
    owners: OwnerCounts | None = None,
) -> int:
    """Add up parts, several at a time, since reading leaves the interpreter free.

    Returns how many of the users are active.
    """

    def add_user(path: Path) -> int:
        limits.check()
        table = owner_counts.read(path, "created_at", "is_active")
        created.add("users", owner_counts.integers(table, "created_at"), sign=sign)
        return int(np.count_nonzero(table["is_active"].to_numpy()))

    def add_item(path: Path) -> None:
        limits.check()
        names = ("created_at", "owner_id") if owners is not None else ("created_at",)
        table = owner_counts.read(path, *names)
        if owners is not None:
            owners.add(owner_counts.integers(table, "owner_id"))
        created.add("items", owner_counts.integers(table, "created_at"), sign=sign)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="sums") as pool:
        active = sum(pool.map(add_user, users))
        for _ in pool.map(add_item, items):
            pass
    return active


def _write(
    folder: Path,
    files: Sequence[File],
    ranked: Ranking,
    created: Created,
    active: int,
    write_recent: Callable[[], Lists],
    exported_snapshot: ExportedSnapshot,
) -> list[File]:
    users, items = (
        sum(file.rows for file in files_of(files, dataset)) for dataset in (USERS, ITEMS)
    )
    totals = pa.table([[users], [active], [items], [len(ranked.counts)]], TOTAL)
    written = [
        _write_view(folder, CREATED, created.table()),
        _write_view(folder, ITEM_COUNTS, _count_counts(ranked.counts, users)),
        _write_view(folder, TOTALS, totals),
    ]
    lists = write_recent()
    malloc.release()
    tops = _name({Period.ALL: ranked.top, **lists.tops}, partial(_look_up, exported_snapshot))
    written += [_write_view(folder, NEW, lists.new), _write_view(folder, TOP_OWNERS, tops)]
    return [*ranked.files, lists.file, *written]


def _write_view(folder: Path, path: str, table: pa.Table) -> File:
    return write_file(folder, path, table.schema, [table], **ranking.options(table.schema, GROUP))


def _name(tops: Mapping[Period, tuple[Integers, Integers]], look_up: Lookup) -> pa.Table:
    """Return who is on top of each period, as in `TOPS`; raises `OrphanedItems`."""
    ranks = pl.concat(_rank_top(period, *top) for period, top in tops.items())
    people = look_up(ranks["user_id"].unique().to_list())
    rows = ranks.join(people, on="user_id", how="left", maintain_order="left")
    orphans = rows.filter(pl.col("email").is_null())["user_id"]
    if len(orphans):
        raise OrphanedItems(orphans.to_list())
    return rows.select(TOPS.names).to_arrow().cast(TOPS)


def _rank_top(period: Period, owners: Integers, counts: Integers) -> pl.DataFrame:
    rank = np.arange(1, len(owners) + 1)
    frame = pl.DataFrame({"rank": rank, "user_id": owners, "item_count": counts})
    return frame.select(pl.lit(period.value).alias("period"), pl.all().cast(pl.Int64))


def _count_counts(counts: Integers, users: int) -> pa.Table:
    """Return how many users own exactly so many items, as in `COUNTED`; those with none as well."""
    owned = pl.Series("item_count", counts).value_counts(name="users").sort("item_count")
    none = pl.DataFrame({"item_count": [0], "users": [users - len(counts)]})
    return pl.concat([none, owned.cast(pl.Int64)]).to_arrow().cast(COUNTED)
