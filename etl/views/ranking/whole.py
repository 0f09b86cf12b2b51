"""The whole ranking, written when it is due and shared by the snapshots after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.snapshots.manifest import File
from core.snapshots.reader import ITEMS_BY_USER, USERS
from core.telemetry import malloc
from etl.run.parallel import open_pool
from etl.views.owner_counts import Integers, descending, read
from etl.views.people import PERSON, OrphanedItems
from etl.views.ranking.layout import (
    ADDED,
    REMOVED,
    ROW_GROUP,
    WHOLE,
    Ranking,
    complete,
    write_delta,
)
from etl.views.staged import StagedSnapshot
from etl.views.top_owners import TOP

CHUNK = 1 << 18  # places a file
BLOCK = 1 << 14


def write(staged: StagedSnapshot, owners: Integers, counts: Integers) -> Ranking:
    """Write the whole ranking: most items first, ties by user id; its delta is empty.

    `owners` are ascending, `counts` go with them. Memory: addresses and names of all users. Raises
    `OrphanedItems`.
    """
    persons = _read_persons(staged.paths(USERS))
    order = descending(counts)
    ranked = _Ranked(persons, _find_rows(persons, owners)[order], counts[order])
    firsts = range(0, len(order), CHUNK) or range(1)  # without owners one file that is empty
    with open_pool("ranking") as pool:
        files = list(pool.map(lambda first: _write_file(staged, ranked, first), firsts))
    empty = write_delta(staged, REMOVED.empty_table(), ADDED.empty_table())
    return Ranking((*files, *empty), counts, (owners[order[:TOP]], counts[order[:TOP]]))


@dataclass(frozen=True)
class _Ranked:
    """Everybody, and by place in the ranking: in which row, and how many items."""

    persons: pa.Table
    rows: Integers
    counts: Integers

    def blocks(self, first: int, last: int) -> Iterator[pa.Table]:
        """Yield the places after `first`, up to `last`, as in `WHOLE`."""
        for start in range(first, last, BLOCK):
            end = min(start + BLOCK, last)
            rows, counts = self.rows[start:end], self.counts[start:end]
            place = np.arange(start + 1, end + 1)
            yield complete(self.persons.take(pa.array(rows)), WHOLE, place=place, item_count=counts)


def _read_persons(users: Sequence[Path]) -> pa.Table:
    """Return everybody; one column after the other, as joining its parts takes it twice."""
    joined = {}
    for name in PERSON:
        partitions = pa.concat_tables([_read_column(path, name) for path in users])
        joined[name] = partitions.combine_chunks()[name]
        del partitions
        malloc.release()
    return pa.table(joined)


def _read_column(path: Path, name: str) -> pa.Table:
    """Return one column; partitions of earlier versions, which are verified, lack the last."""
    table = read(path, name)
    if name in table.column_names:
        return table
    rows = pq.read_metadata(path).num_rows
    return pa.table({name: pa.nulls(rows, pa.string())})


def _find_rows(persons: pa.Table, owners: Integers) -> Integers:
    """Return in which row of the people each owner is; raise `OrphanedItems` if in none."""
    ids = persons["user_id"].to_numpy()
    rows = np.minimum(np.searchsorted(ids, owners), max(len(ids) - 1, 0))
    missing = owners[ids[rows] != owners] if len(ids) else owners
    if len(missing):
        raise OrphanedItems(missing.tolist())
    return rows


def _write_file(staged: StagedSnapshot, ranked: _Ranked, first: int) -> File:
    """Write the places after `first`, up to 262,144 of them."""
    path = f"{ITEMS_BY_USER}/part-{first // CHUNK:010d}.parquet"
    blocks = ranked.blocks(first, min(first + CHUNK, len(ranked.rows)))
    return staged.write_view(path, WHOLE, blocks, group=ROW_GROUP)
