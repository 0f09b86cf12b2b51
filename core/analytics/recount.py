"""Recounts a number in PostgreSQL, and finds the rows that differ from the snapshot."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import process
from core.access.permissions import require_staff
from core.actor import Actor
from core.analytics import explanations, warehouse
from core.analytics.explanations import Question
from core.db.engine import transaction
from core.errors import Unavailable
from core.snapshots import change_log, partitions
from core.snapshots.reader import ITEMS, USERS, Snapshot

MOST_PARTS = 8
BUSY = "Somebody is counting in the database right now. Please try again in a moment."
READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
CONDITIONS = {
    "users": """
        (CAST(:active AS boolean) IS NULL OR is_active = :active)
        AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
        AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
    """,
    "items": """
        (CAST(:owner_id AS bigint) IS NULL OR owner_id = :owner_id)
        AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
        AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
    """,
    "owners": 'EXISTS (SELECT FROM item WHERE item.owner_id = "user".id)',
}
TABLES = {"users": ("user", USERS), "items": ("item", ITEMS), "owners": ("user", USERS)}


@dataclass(frozen=True)
class Counting:
    """Whether this process counts in PostgreSQL: never for two people at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Recount:
    """How many rows there are now, at `at`; `newer` and `gone` are ascending ids.

    `named` says whether these ids are complete. They are not if the change log does not cover the
    snapshot, if very many partitions changed, or if the count depends on another table.
    """

    count: int
    at: datetime
    newer: tuple[int, ...]
    gone: tuple[int, ...]
    named: bool


def recount(*, actor: Actor, snapshot: Snapshot, question: Question) -> Recount:
    """Recount in one read-only transaction, within the time limit of queries.

    Only the partitions that changed since the snapshot are compared row by row. Raises `Forbidden`,
    and `Unavailable` if PostgreSQL is down or too slow, or while somebody else recounts.
    """
    with _one_at_a_time(), transaction() as db:
        db.execute(text(READ_ONLY))
        require_staff(db, actor, "analytics.recount")
        table, _ = TABLES[question.kind]
        where = f'FROM "{table}" WHERE {CONDITIONS[question.kind]}'
        filters = explanations.parameters(question)
        counted = db.execute(
            text(f"SELECT count(*), statement_timestamp() {where}"),  # constants
            filters,
        ).one()
        parts = _changed_parts(db, snapshot, question)
        if parts is None:
            return Recount(counted[0], counted[1], (), (), named=False)
        newer, gone = _differences(db, snapshot, question, parts[:MOST_PARTS])
        return Recount(counted[0], counted[1], newer, gone, named=len(parts) <= MOST_PARTS)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    lock = process.resource(Counting).lock
    if not lock.acquire(blocking=False):
        raise Unavailable(BUSY)
    try:
        yield
    finally:
        lock.release()


def _changed_parts(db: Session, snapshot: Snapshot, question: Question) -> list[int] | None:
    """Return the partitions with all the differences, newest first, or None if unknown."""
    table, _ = TABLES[question.kind]
    parts = change_log.changed_partitions(db, manifest=snapshot.manifest, relation=table)
    if question.kind == "owners" or parts is None or None in parts:
        return None
    return [part for part in parts if part is not None]


def _differences(
    db: Session, snapshot: Snapshot, question: Question, parts: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    table, dataset = TABLES[question.kind]
    filters = explanations.parameters(question)
    newer: set[int] = set()
    gone: set[int] = set()
    for part in parts:
        first, last = partitions.bounds(part)
        query = (
            f'SELECT id FROM "{table}" WHERE id BETWEEN :first AND :last'  # noqa: S608  # constants
            f" AND {CONDITIONS[question.kind]}"
        )
        bounds = {"first": first, "last": last}
        now = set(db.scalars(text(query), {**filters, **bounds}))
        files = [
            str(snapshot.folder / file.path)
            for file in snapshot.manifest.dataset(dataset)
            if file.partition == part
        ]
        then = set(_ids(snapshot, question, files)) if files else set()
        newer |= now - then
        gone |= then - now
    return tuple(sorted(newer)), tuple(sorted(gone))


def _ids(snapshot: Snapshot, question: Question, files: list[str]) -> list[int]:
    frame = warehouse.read(
        snapshot,
        f"rows_{question.kind}",
        files=files,
        limit=1 << partitions.PARTITION_BITS,
        **explanations.parameters(question),
    )
    return frame["id"].to_list()
