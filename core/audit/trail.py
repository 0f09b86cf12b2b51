"""Writes the audit trail: one row for every change, in the transaction of the change."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.actor import Actor
from core.db.base import Base
from core.db.models import AuditEvent

SECRET_FIELDS = frozenset({"hashed_password"})
HIDDEN = "(hidden)"


def record(
    db: Session,
    *,
    actor: Actor,
    action: str,
    subject: Base | None = None,
    changes: Mapping[str, object] | None = None,
    outcome: str = "success",
) -> AuditEvent:
    """Add an audit row to the current transaction and return it.

    `action` is `noun.verb`, such as `item.update`; `changes` maps each field to `[before, after]`.
    """
    event = AuditEvent.by(
        actor,
        action,
        subject_type=subject.__tablename__ if subject else None,
        subject_id=subject.id if subject else None,  # type: ignore[attr-defined]
        outcome=outcome,
        changes=dict(changes or {}),
    )
    db.add(event)
    return event


def difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, list[object]]:
    """Return `{field: [before, after]}` for the fields that differ; secrets are hidden."""
    return {
        field: [HIDDEN, HIDDEN] if field in SECRET_FIELDS else [before.get(field), value]
        for field, value in after.items()
        if before.get(field) != value
    }
