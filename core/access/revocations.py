"""Revoked sessions and tokens: listeners in this process are told after the commit."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, event, select
from sqlalchemy.orm import Session

from core import process
from core.db.models import AuthSession
from core.telemetry.supervision import Failures


@dataclass
class Revocations:
    """Who is told in this process when a session or token has ended."""

    listeners: list[Callable[[], None]] = field(default_factory=list)
    failures: Failures = field(
        default_factory=lambda: Failures("Telling that a session or token has ended")
    )


def connect(listener: Callable[[], None]) -> Callable[[], None]:
    """Call `listener` after each revocation; return a function that disconnects it.

    The listener runs in the thread that committed and must not block.
    """
    listeners = process.resource(Revocations).listeners
    listeners.append(listener)
    return lambda: listeners.remove(listener)


def announce(db: Session) -> None:
    """Notify the listeners once the transaction is committed."""
    event.listen(db, "after_commit", _tell, once=True)


def _tell(_: Session) -> None:
    told = process.resource(Revocations)
    for listener in list(told.listeners):
        with told.failures.contained():  # the revocation is committed, whatever a listener raises
            listener()


def end_sessions(db: Session, condition: ColumnElement[bool]) -> int:
    """End the sessions that match `condition`; return their number."""
    # Locked in order of id, so that two transactions that lock several sessions do not deadlock.
    matching = select(AuthSession.id).where(condition).order_by(AuthSession.id).with_for_update()
    ids = db.scalars(matching).all()
    db.execute(delete(AuthSession).where(AuthSession.id.in_(ids)))
    announce(db)
    return len(ids)
