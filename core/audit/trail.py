"""The audit trail: one row for every change, in the transaction of the change."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.access.permissions import Actor
from core.db.base import Base
from core.db.models import ADDRESS_LENGTH, AuditEvent
from core.errors import Refused
from core.telemetry.setup import trace_id

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
    """Add one audit row to the current transaction, and return it.

    `action` is `noun.verb`, such as `item.update`; `changes` maps each field to `[before, after]`.
    """
    event = AuditEvent(
        actor_id=actor.id,
        actor=actor.email,
        address=actor.address[:ADDRESS_LENGTH] if actor.address else None,
        action=action,
        subject_type=subject.__tablename__ if subject else None,
        subject_id=subject.id if subject else None,  # type: ignore[attr-defined]
        outcome=outcome,
        changes=dict(changes or {}),
        trace_id=trace_id(),
        token_id=actor.token_id,
    )
    db.add(event)
    return event


def record_refusal(db: Session, refused: Refused) -> None:
    """Add the audit row of something that was not allowed, and so did not happen."""
    noun = refused.action.partition(".")[0]
    db.add(
        AuditEvent(
            actor_id=refused.actor.id,
            actor=refused.actor.email,
            address=refused.actor.address[:ADDRESS_LENGTH] if refused.actor.address else None,
            action=refused.action,
            subject_type=noun if refused.subject_id is not None else None,
            subject_id=refused.subject_id,
            outcome="refused",
            trace_id=trace_id(),
            token_id=refused.actor.token_id,
        )
    )


def difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, list[object]]:
    """Return `{field: [before, after]}` for the fields that differ, with secrets hidden."""
    return {
        field: [HIDDEN, HIDDEN] if field in SECRET_FIELDS else [before.get(field), value]
        for field, value in after.items()
        if before.get(field) != value
    }
