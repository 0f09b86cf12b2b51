"""Verifications of the published snapshot against the database: request, follow, history."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.refresh_models import SnapshotCheck
from core.refreshes.requests import OPEN


def request_check(db: Session, *, actor: Actor) -> SnapshotCheck:
    """Request a verification, or join the open one; call `requests.wake` after the commit.

    Raises `Forbidden` unless the actor is a superuser, as it reads both tables completely.
    """
    require_superuser(db, actor, "snapshot.check")
    request = insert(SnapshotCheck).values(requested_by=actor.email)
    created = db.scalar(request.on_conflict_do_nothing().returning(SnapshotCheck))
    check = created or open_check(db)
    if check is None:  # the open one ended between the two statements
        return request_check(db, actor=actor)
    trail.record(db, actor=actor, action="snapshot.check", subject=check)
    return check


def open_check(db: Session) -> SnapshotCheck | None:
    """Return the verification that is requested or running, or None."""
    return db.scalar(select(SnapshotCheck).where(SnapshotCheck.status.in_(OPEN)))


def history(db: Session, *, actor: Actor, limit: int = 10) -> list[SnapshotCheck]:
    """Return the newest verifications, newest first."""
    require_staff(db, actor, "refresh.list")
    return list(db.scalars(select(SnapshotCheck).order_by(SnapshotCheck.id.desc()).limit(limit)))
