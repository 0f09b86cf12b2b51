"""Receipts of exports, stored in the audit trail and found by the hash of the file.

An export leaves two events: `export.begin` before its first byte, and the receipt, `export.end`,
before its last byte or when it was aborted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, literal_column, select
from sqlalchemy.orm import Session

from core.access.permissions import require_staff
from core.actor import Actor
from core.audit import trail
from core.db.models import AuditEvent

BEGIN, END = "export.begin", "export.end"
SHOWN = 20
_sha256 = literal_column("(audit_event.changes #>> '{sha256,1}')", Text)  # the indexed expression


@dataclass(frozen=True)
class Receipt:
    """What was exported; `outcome` is success, aborted (by the person who downloads) or failed.

    `sha256` is the hash of the file, `content` the hash of the rows, which does not depend on
    format and time zone. `picture` is the title of the chart, if one was drawn. `columns` is None
    for old receipts, which did not record them.
    """

    number: int
    at: datetime
    who: str
    outcome: str
    question: str
    filters: Mapping[str, str]
    format: str
    time_zone: str | None
    generation: int | None
    as_of: datetime
    rows: int
    bytes: int
    sha256: str
    content: str
    error: str | None = None
    picture: str | None = None
    columns: tuple[str, ...] | None = None


def begin(db: Session, *, actor: Actor, facts: Mapping[str, object]) -> AuditEvent:
    """Record that an export begins; `facts` are the fields of its receipt known so far."""
    return trail.record(db, actor=actor, action=BEGIN, changes=_changes(facts))


def end(
    db: Session, *, actor: Actor, begun: AuditEvent, outcome: str, facts: Mapping[str, object]
) -> None:
    """Write the receipt of an export, whatever its outcome."""
    changes = _changes(facts)
    trail.record(db, actor=actor, action=END, subject=begun, changes=changes, outcome=outcome)


def find(db: Session, *, actor: Actor, sha256: str) -> list[Receipt]:
    """Return up to 20 receipts of files with this hash, newest first."""
    require_staff(db, actor, "receipt.read")
    matching = select(AuditEvent).where(AuditEvent.action == END, _sha256 == sha256.lower())
    return [_receipt(e) for e in db.scalars(matching.order_by(AuditEvent.id.desc()).limit(SHOWN))]


def _changes(facts: Mapping[str, object]) -> dict[str, object]:
    return {
        name: [None, value.isoformat() if isinstance(value, datetime) else value]
        for name, value in facts.items()
        if value not in (None, {})
    }


def _receipt(event: AuditEvent) -> Receipt:
    facts: dict[str, Any] = {name: value[1] for name, value in event.changes.items()}
    return Receipt(
        number=event.subject_id or event.id,
        at=event.at,
        who=event.actor,
        outcome=event.outcome,
        question=facts["question"],
        filters=facts.get("filters", {}),
        format=facts["format"],
        time_zone=facts.get("time_zone"),
        generation=facts.get("generation"),
        as_of=datetime.fromisoformat(facts["as_of"]),
        rows=facts["rows"],
        bytes=facts["bytes"],
        sha256=facts["sha256"],
        content=facts["content"],
        error=facts.get("error"),
        picture=facts.get("picture"),
        columns=tuple(facts["columns"]) if "columns" in facts else None,
    )
