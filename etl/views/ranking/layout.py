"""How the files of a ranking look: the whole, and its delta of removed places and added rows."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from core.snapshots.manifest import File
from core.snapshots.reader import RANKING_ADDED, RANKING_REMOVED
from etl.views import people
from etl.views.owner_counts import Integers
from etl.views.people import PERSON
from etl.views.staged import StagedSnapshot

ROW_GROUP = 16_384  # a page reads one or two row groups
_OWNER = [
    *people.fields("user_id", "email", "full_name", "is_active", "created_at"),
    pa.field("item_count", pa.int64(), nullable=False),
    pa.field("search", pa.string(), nullable=False),
]
WHOLE = pa.schema([pa.field("place", pa.int64(), nullable=False), *_OWNER])
ADDED = pa.schema([pa.field("rank", pa.int64(), nullable=False), *_OWNER])
REMOVED = pa.schema(
    [pa.field(name, pa.int64(), nullable=False) for name in ("place", "user_id", "item_count")]
)


@dataclass(frozen=True)
class Ranking:
    """The files of a ranking with its delta, the counts of all owners, and who is on top.

    `top` are the ids of the first 100, or fewer, and their counts.
    """

    files: tuple[File, ...]
    counts: Integers
    top: tuple[Integers, Integers]


def complete(persons: pa.Table, schema: pa.Schema, **columns: Integers) -> pa.Table:
    """Add columns to people, and what a search looks through, in the order of `schema`.

    That is address and name as PostgreSQL folded them, or in lower case where that says the same.
    """
    name = pc.fill_null(persons["full_name"], "")
    lowered = pc.ascii_lower(pc.binary_join_element_wise(persons["email"], name, " "))
    search = pc.coalesce(persons["search_text"], lowered)
    made = {name: pa.array(values) for name, values in columns.items()} | {"search": search}
    return pa.table(
        [made.get(name, persons[name] if name in PERSON else None) for name in schema.names], schema
    )


def write_delta(staged: StagedSnapshot, removed: pa.Table, added: pa.Table) -> list[File]:
    """Write a ranking delta, as in `REMOVED` and `ADDED`, sorted by place and by rank."""
    return [
        staged.write_view(RANKING_REMOVED, REMOVED, [removed], group=ROW_GROUP),
        staged.write_view(RANKING_ADDED, ADDED, [added], group=ROW_GROUP),
    ]
