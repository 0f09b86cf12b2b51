"""What changed in PostgreSQL since a snapshot: the notes that triggers leave, and the marks.

A note says which part of which table a transaction changed. A mark says which instant a published
snapshot shows, and proves by being there that every note since then is there too: emptying the
notes takes the marks along, and a database restored from a backup lacks the newest one.
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
# The index is read in its own order, so that it never costs more than the notes that count.
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
# Every transaction before an instant's oldest open one had ended, and it saw what they noted. That
# is a range of the index; asking of each note whether it was seen would read all that are kept.
PRUNE = """
DELETE FROM change_note
WHERE xid < (SELECT min(pg_snapshot_xmin(CAST(pg_snapshot AS pg_snapshot))) FROM refresh_mark)
"""


class Cursor(Protocol):
    """A psycopg2 cursor, as far as it is needed here."""

    def execute(self, query: str, parameters: Sequence[object] = ..., /) -> object:
        """Run one statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""


@dataclass(frozen=True)
class Change:
    """What changed in one part of a table; `part` None is the whole table, as by TRUNCATE."""

    relation: str
    partition: int | None
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Rows:
    """How many rows of a table were changed; a row that was edited twice counts twice.

    `whole` says that the table was emptied as well, after which the numbers are a lower bound.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Newer:
    """How much newer the database is than a snapshot, by table; at least that much when `more`."""

    user: Rows = Rows()
    item: Rows = Rows()
    more: bool = False

    @property
    def nothing(self) -> bool:
        """Whether the snapshot shows the database as it is."""
        return self == Newer()


@dataclass(frozen=True)
class Catalog:
    """What the database says of the tables that are exported, and of the triggers on them."""

    rows: frozenset[tuple[str, ...]]

    def column_type(self, relation: str, column: str) -> str | None:
        """Return a column's type without its length, or None when there is no such column."""
        found = (row[3] for row in self.rows if row[:3] == ("column", relation, column))
        return next(found, None)

    def triggers_off(self) -> list[str]:
        """Return the triggers that are missing or do not fire always, as `table.trigger`."""
        on = {row[1:3] for row in self.rows if row[0] == "trigger" and row[3] == FIRES_ALWAYS}
        return sorted(".".join(trigger) for trigger in TRIGGERS - on)

    def fingerprint(self, columns: Iterable[tuple[str, str]]) -> str:
        """Return what changes when a table, a trigger, or one of these columns is changed.

        It holds who last wrote the catalog's rows, so that a trigger which was off for a while, a
        column whose values were rewritten, and a table made anew all differ from before.
        """
        filters = set(columns)
        kept = [
            row
            for row in self.rows
            if row[0] == "table" or row[1:3] in (filters if row[0] == "column" else TRIGGERS)
        ]
        return hashlib.sha256(repr(sorted(kept)).encode()).hexdigest()


def read_catalog(cursor: Cursor) -> Catalog:
    """Return what the database says of tables, columns and triggers, in one round trip."""
    cursor.execute(CATALOG)
    return Catalog(frozenset(cursor.fetchall()))


def find_checkpoint(cursor: Cursor, *, store: UUID, token: UUID) -> str | None:
    """Return what the mark of a snapshot says it saw, or None when there is no mark."""
    cursor.execute(FIND_CHECKPOINT, (str(store), str(token)))
    return next((row[0] for row in cursor.fetchall()), None)


def read_since(cursor: Cursor, pg_snapshot: str) -> list[Change]:
    """Return what changed between an earlier snapshot and what this transaction sees."""
    cursor.execute(SINCE.format(snapshot="%s"), (pg_snapshot, pg_snapshot))
    return [Change(*row) for row in cursor.fetchall()]


def newer(db: Session, *, store: UUID, token: UUID, pg_snapshot: str) -> Newer | None:
    """Return how much newer the database is than a snapshot, from one indexed read.

    At most 10,000 notes are counted. None when nobody knows: without the snapshot's mark notes may
    be missing.
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
    """Return the parts of a table that changed since a snapshot, highest first; None is all of it.

    The result itself is None when nobody knows.
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
    """Promise to keep all notes since a snapshot, which is about to be published."""
    cursor.execute(ADD_CHECKPOINT, (str(store), str(token), pg_snapshot))


def prune(cursor: Cursor, *, store: UUID, token: UUID) -> None:
    """Forget the store's other marks, and the notes that every remaining mark has seen.

    Several folders of snapshots may share a database; one that was not refreshed for seven days
    loses its mark, and with it nothing but the right to refresh incrementally once.
    """
    cursor.execute(FORGET_OTHERS, (str(store), str(token), str(store), KEEP_CHECKPOINTS))
    cursor.execute("SELECT set_config('tally.pruning', 'on', false)")
    cursor.execute(PRUNE)
    cursor.execute("SELECT set_config('tally.pruning', 'off', false)")
