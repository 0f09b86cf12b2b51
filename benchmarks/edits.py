"""Makes the few changes of an ordinary day between two refreshes: adds and edits some items."""

from contextlib import closing

import psycopg2

from core.snapshots.partitions import PARTITION_BITS
from etl.extract.datasets import TABLES

ADDED = 1000
EDITED = 100
EDITED_PARTS = 2
ADD = (
    "INSERT INTO item (title, description, owner_id) "
    "SELECT 'Added', 'by the benchmark', min(id) FROM \"user\""
)
EDIT = (
    "UPDATE item SET title = 'Edited ' || id, version = version + 1, updated_at = now()"
    " WHERE id = (SELECT min(id) FROM item WHERE id >= %s)"
)


def make(url: str) -> None:
    """Add items and edit others, one statement each, in one transaction.

    Three partitions change: two with edits, and the newest one, which gets the new items.
    """
    with (
        closing(psycopg2.connect(url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for edit, part in zip(range(EDITED), _choose_parts(cursor) * EDITED, strict=False):
            cursor.execute(EDIT, (_first_id(cursor, part) + edit,))
        for _ in range(ADDED):
            cursor.execute(ADD)


def _choose_parts(cursor: psycopg2.extensions.cursor) -> list[int]:
    """Return the first and the last full partition of the items; they may be the same."""
    items = next(table for table in TABLES if table.name == "item")
    cursor.execute(items.partitions())
    parts = [int(row[0]) for row in cursor.fetchall()]
    full = parts[:-1] or parts
    return [full[(len(full) - 1) * nth // (EDITED_PARTS - 1)] for nth in range(EDITED_PARTS)]


def _first_id(cursor: psycopg2.extensions.cursor, part: int) -> int:
    cursor.execute("SELECT min(id) FROM item WHERE id >= %s", (part << PARTITION_BITS,))
    (identity,) = cursor.fetchone() or (0,)
    return int(identity)
