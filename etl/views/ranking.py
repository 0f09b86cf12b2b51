"""Users by the items they own: the whole ranking, written once, and moves within it since.

A ranking of a million owners is written when it is due, and shared by the snapshots after it. These
add what moved: `left`, the places in the ranking that hold no longer, and `joined`, the rows that
came instead, each with its rank of now. Every row between keeps its order, so readers merge three
sorted lists; see `core/analytics/ranking/delta.py`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.snapshots.manifest import File
from core.snapshots.reader import ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED
from core.telemetry import malloc
from etl.extract.parquet_writer import write_file
from etl.views.owner_counts import Integers, read

CHUNK = 1 << 18  # places a file
BLOCK = 1 << 14
GROUP = 16_384  # a page reads one or two row groups
TOP = 100
THREADS = 2
PEOPLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.Int64,
    "email": pl.String,
    "full_name": pl.String,
    "is_active": pl.Boolean,
    "created_at": pl.Datetime("us", "UTC"),
    "search_text": pl.String,
}
PERSON = tuple(PEOPLE)
_TIME = pa.timestamp("us", tz="UTC")
_OWNER = [
    pa.field("user_id", pa.int64(), nullable=False),
    pa.field("email", pa.string(), nullable=False),
    pa.field("full_name", pa.string()),
    pa.field("is_active", pa.bool_(), nullable=False),
    pa.field("created_at", _TIME, nullable=False),
    pa.field("item_count", pa.int64(), nullable=False),
    pa.field("search", pa.string(), nullable=False),
]
RANKED = pa.schema([pa.field("place", pa.int64(), nullable=False), *_OWNER])
JOINING = pa.schema([pa.field("rank", pa.int64(), nullable=False), *_OWNER])
LEAVING = pa.schema(
    [pa.field(name, pa.int64(), nullable=False) for name in ("place", "user_id", "item_count")]
)


class OrphanedItems(Exception):
    """Items have owners who are not among the users; `ids` are some of the owners."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"{len(ids)} owners do not exist")
        self.ids = sorted(ids)[:10]


@dataclass(frozen=True)
class Ranking:
    """The files of a ranking with its moves, the counts of all owners, and who is on top.

    `top` are the ids of the first 100, or fewer, and their counts.
    """

    files: tuple[File, ...]
    counts: Integers
    top: tuple[Integers, Integers]


def write(folder: Path, users: Sequence[Path], owners: Integers, counts: Integers) -> Ranking:
    """Write the whole ranking: most items first, ties by user id; nothing has moved yet.

    `owners` are ascending, `counts` go with them; `users` are the part files, ascending as well.
    Memory: addresses and names of all users. Raises `Stray`.
    """
    people = _read_people(users)
    ids = people["user_id"].to_numpy()
    at = np.minimum(np.searchsorted(ids, owners), max(len(ids) - 1, 0))
    missing = owners[ids[at] != owners] if len(ids) else owners
    if len(missing):
        raise OrphanedItems(missing.tolist())
    order = descending(counts)
    chunks = [order[first : first + CHUNK] for first in range(0, len(order), CHUNK)] or [order]
    write_chunk = partial(_write_chunk, folder, people, at, counts)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="ranking") as pool:
        files = list(pool.map(write_chunk, range(len(chunks)), chunks))
    empty = write_moves(folder, LEAVING.empty_table(), JOINING.empty_table())
    return Ranking((*files, *empty), counts, (owners[order[:TOP]], counts[order[:TOP]]))


def _read_people(users: Sequence[Path]) -> pa.Table:
    """Return everybody; one column after the other, as joining its parts takes it twice."""
    whole = {}
    for name in PERSON:
        parts = pa.concat_tables([_read_column(path, name) for path in users])
        whole[name] = parts.combine_chunks()[name]
        del parts
        malloc.release()
    return pa.table(whole)


def _read_column(path: Path, name: str) -> pa.Table:
    """Return one column of a part; parts of earlier versions, which are verified, lack the last."""
    table = read(path, name)
    if name in table.column_names:
        return table
    rows = pq.read_metadata(path).num_rows
    return pa.table({name: pa.nulls(rows, pa.string())})


def descending(counts: Integers) -> Integers:
    """Return the order of descending counts, stable."""
    top = counts.max(initial=0)  # in 16 bits it is a radix sort, several times faster
    inverted = top - counts
    return np.argsort(inverted.astype(np.uint16) if top < 1 << 16 else inverted, kind="stable")


def _write_chunk(
    folder: Path, people: pa.Table, at: Integers, counts: Integers, number: int, order: Integers
) -> File:
    path = f"{ITEMS_BY_USER}/part-{number:010d}.parquet"
    blocks = _blocks(people, at, counts, order, first=number * CHUNK + 1)
    return write_file(folder, path, RANKED, blocks, **options(RANKED, GROUP))


def _blocks(
    people: pa.Table, at: Integers, counts: Integers, order: Integers, *, first: int
) -> Iterator[pa.Table]:
    for start in range(0, len(order), BLOCK):
        rows = order[start : start + BLOCK]
        place = np.arange(first + start, first + start + len(rows))
        yield searchable(
            people.take(pa.array(at[rows])), RANKED, place=place, item_count=counts[rows]
        )


def searchable(people: pa.Table, schema: pa.Schema, **columns: Integers) -> pa.Table:
    """Add columns to people, and what a search looks through, in the order of `schema`.

    That is address and name as PostgreSQL folded them, or in lower case where that says the same.
    """
    name = pc.fill_null(people["full_name"], "")
    lowered = pc.ascii_lower(pc.binary_join_element_wise(people["email"], name, " "))
    search = pc.coalesce(people["search_text"], lowered)
    made = {name: pa.array(values) for name, values in columns.items()} | {"search": search}
    return pa.table([made.get(n, people[n] if n in PERSON else None) for n in schema.names], schema)


def options(schema: pa.Schema, group: int) -> dict[str, Any]:
    """Return how a view is written: quick to unpack, as a search has to unpack a whole column."""
    encodings = {
        field.name: "DELTA_LENGTH_BYTE_ARRAY"
        if pa.types.is_string(field.type)
        else "DELTA_BINARY_PACKED"
        for field in schema
        if not pa.types.is_boolean(field.type) and not pa.types.is_dictionary(field.type)
    }
    return {
        "compression": "lz4",
        "column_encoding": encodings,
        "use_dictionary": [f.name for f in schema if pa.types.is_dictionary(f.type)],
        "row_group_size": group,
    }


def write_moves(folder: Path, left: pa.Table, joined: pa.Table) -> list[File]:
    """Write what moved, shaped as `LEAVING` and `JOINING`, sorted by place and by rank."""
    return [
        write_file(folder, RANKING_REMOVED, LEAVING, [left], **options(LEAVING, GROUP)),
        write_file(folder, RANKING_ADDED, JOINING, [joined], **options(JOINING, GROUP)),
    ]
