"""The change log: which partitions changed in PostgreSQL since a snapshot was taken.

Triggers write an entry (table `change_note`) for each partition that a transaction changes. A
checkpoint (table `refresh_mark`) records the PostgreSQL snapshot of a published snapshot. As long
as it exists, every later entry does too: emptying the log deletes the checkpoints, and a database
restored from a backup lacks the newest one.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.refresh_models import RefreshCheckpoint
from core.snapshots.manifest import Manifest

KEEP_CHECKPOINTS = "7 days"
MOST_ENTRIES = 10_000
FIRES_ALWAYS = "A"
NOTING = ("note_insert", "note_update", "note_delete", "note_truncate")
TRIGGERS = frozenset(
    [(relation, trigger) for relation in ("user", "item") for trigger in NOTING]
    + [("change_note", "forget_marks"), ("change_note", "forget_marks_unless_pruning")]
)

SINCE = """
SELECT relation, part, sum(inserted)::bigint, sum(updated)::bigint, sum(deleted)::bigint
FROM change_note
WHERE xid >= pg_snapshot_xmin(CAST({snapshot} AS pg_snapshot))
  AND NOT pg_visible_in_snapshot(xid, CAST({snapshot} AS pg_snapshot))
GROUP BY relation, part
"""
# ORDER BY and LIMIT follow the index, so that this reads no more than `most` entries.
NEWER = """
SELECT relation, sum(inserted)::bigint, sum(updated)::bigint, sum(deleted)::bigint,
    bool_or(part IS NULL), count(*)
FROM (
    SELECT relation, part, inserted, updated, deleted FROM change_note
    WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
    ORDER BY xid LIMIT :most
) AS noted
GROUP BY relation
"""
CATALOG = """
SELECT 'column', c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.xmin::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.oid IN (to_regclass('"user"'), to_regclass('item'))
  AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'trigger', c.relname, t.tgname, t.tgenabled::text, t.xmin::text || ':' || p.xmin::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.oid IN (to_regclass('"user"'), to_regclass('item'), to_regclass('change_note'))
  AND NOT t.tgisinternal
UNION ALL
SELECT 'table', relname, '', relkind::text, oid::text FROM pg_class
WHERE oid IN (to_regclass('"user"'), to_regclass('item'), to_regclass('change_note'))
"""
FIND_CHECKPOINT = "SELECT pg_snapshot FROM refresh_mark WHERE store = %s AND token = %s"
ADD_CHECKPOINT = "INSERT INTO refresh_mark (store, token, pg_snapshot) VALUES (%s, %s, %s)"
FORGET_OTHERS = """
DELETE FROM refresh_mark
WHERE store = %s AND token <> %s
   OR store <> %s AND marked_at < now() - CAST(%s AS interval)
"""
# Transactions before the xmin of a snapshot had ended, so the snapshot shows their changes. This
# condition is a range of the index; pg_visible_in_snapshot would be tested on every entry.
PRUNE = """
DELETE FROM change_note
WHERE xid < (SELECT min(pg_snapshot_xmin(CAST(pg_snapshot AS pg_snapshot))) FROM refresh_mark)
"""


class Cursor(Protocol):
    """The methods of a psycopg2 cursor that this module uses."""

    def execute(self, query: str, parameters: Sequence[object] = ..., /) -> object:
        """Run one statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""


@dataclass(frozen=True)
class Change:
    """The changes in a partition of a table; `partition` None is the whole table (TRUNCATE)."""

    relation: str
    partition: int | None
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Rows:
    """How many rows of a table changed; a row that was edited twice counts twice.

    With `whole` the table was also truncated, and the numbers are lower bounds.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Newer:
    """What changed in the database since a snapshot, by table; with `more`, at least that much."""

    user: Rows = Rows()
    item: Rows = Rows()
    more: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nothing changed since the snapshot."""
        return self == Newer()


@dataclass(frozen=True)
class Catalog:
    """PostgreSQL's catalog rows about the exported tables, their columns and their triggers."""

    rows: frozenset[tuple[str, ...]]

    def column_type(self, relation: str, column: str) -> str | None:
        """Return a column's type without its length, or None if there is no such column."""
        found = (row[3] for row in self.rows if row[:3] == ("column", relation, column))
        return next(found, None)

    def triggers_off(self) -> list[str]:
        """Return the triggers that are missing or not `ENABLE ALWAYS`, as `table.trigger`."""
        on = {row[1:3] for row in self.rows if row[0] == "trigger" and row[3] == FIRES_ALWAYS}
        return sorted(".".join(trigger) for trigger in TRIGGERS - on)

    def fingerprint(self, columns: Iterable[tuple[str, str]]) -> str:
        """Return a hash that changes if a table, a trigger, or one of these columns changes.

        It covers the transaction ids (`xmin`) of the catalog rows. So it also changes after a
        trigger was off for a while, a column was rewritten, or a table was recreated.
        """
        relevant = set(columns)
        kept = [
            row
            for row in self.rows
            if row[0] == "table" or row[1:3] in (relevant if row[0] == "column" else TRIGGERS)
        ]
        return hashlib.sha256(repr(sorted(kept)).encode()).hexdigest()


def read_catalog(cursor: Cursor) -> Catalog:
    """Read the catalog rows of tables, columns and triggers in one round trip."""
    cursor.execute(CATALOG)
    return Catalog(frozenset(cursor.fetchall()))


def find_checkpoint(cursor: Cursor, *, store: UUID, token: UUID) -> str | None:
    """Return the PostgreSQL snapshot of a snapshot's checkpoint, or None without a checkpoint."""
    cursor.execute(FIND_CHECKPOINT, (str(store), str(token)))
    return next((row[0] for row in cursor.fetchall()), None)


def read_since(cursor: Cursor, pg_snapshot: str) -> list[Change]:
    """Return the changes between a PostgreSQL snapshot and that of the current transaction."""
    cursor.execute(SINCE.format(snapshot="%s"), (pg_snapshot, pg_snapshot))
    return [Change(*row) for row in cursor.fetchall()]


def newer(db: Session, *, store: UUID, token: UUID, pg_snapshot: str) -> Newer | None:
    """Return what changed since a snapshot, from one index scan of at most 10,000 entries.

    Returns None if this is unknown: without the snapshot's checkpoint, entries may be missing.
    """
    checkpoint = db.get(RefreshCheckpoint, (store, token))
    if checkpoint is None or checkpoint.pg_snapshot != pg_snapshot:
        return None
    found = db.execute(text(NEWER), {"snapshot": pg_snapshot, "most": MOST_ENTRIES}).all()
    tables = {row[0]: Rows(*row[1:5]) for row in found}
    return Newer(**tables, more=sum(row[5] for row in found) == MOST_ENTRIES)


def changed_partitions(
    db: Session, *, manifest: Manifest, relation: str
) -> list[int | None] | None:
    """Return the partitions of a table that changed since a snapshot, highest number first.

    A None in the list stands for the whole table. Returns None if the changes are unknown, as the
    snapshot's checkpoint is missing.
    """
    checkpoint = db.get(RefreshCheckpoint, (manifest.store, manifest.token))
    if checkpoint is None or checkpoint.pg_snapshot != manifest.pg_snapshot:
        return None
    found = db.execute(text(SINCE.format(snapshot=":snapshot")), {"snapshot": manifest.pg_snapshot})
    partitions = {row[1] for row in found if row[0] == relation}
    return sorted(
        partitions, key=lambda partition: -1 if partition is None else partition, reverse=True
    )


def add_checkpoint(cursor: Cursor, *, store: UUID, token: UUID, pg_snapshot: str) -> None:
    """Add the checkpoint of a snapshot that is about to be published; later entries are kept."""
    cursor.execute(ADD_CHECKPOINT, (str(store), str(token), pg_snapshot))


def prune(cursor: Cursor, *, store: UUID, token: UUID) -> None:
    """Delete the store's other checkpoints, and entries older than every remaining checkpoint.

    Several snapshot folders (stores) may share a database. A store that was not refreshed for seven
    days loses its checkpoint; its next refresh then exports everything.
    """
    cursor.execute(FORGET_OTHERS, (str(store), str(token), str(store), KEEP_CHECKPOINTS))
    cursor.execute("SELECT set_config('tally.pruning', 'on', false)")
    cursor.execute(PRUNE)
    cursor.execute("SELECT set_config('tally.pruning', 'off', false)")
