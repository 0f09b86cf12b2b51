"""Checks of the published snapshot against the database: ask for one, follow it, read the past."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.refresh_models import SnapshotCheck
from core.refreshes.requests import OPEN


def request_check(db: Session, *, actor: Actor) -> SnapshotCheck:
    """Ask for a check, or join the one that is open; call `refreshes.wake` after the commit.

    Raises `Forbidden` unless the actor is a superuser: a check reads both tables to the end.
    """
    require_superuser(db, actor, "snapshot.check")
    asked = insert(SnapshotCheck).values(requested_by=actor.email)
    created = db.scalar(asked.on_conflict_do_nothing().returning(SnapshotCheck))
    check = created or open_check(db)
    if check is None:  # the open one ended between the two looks
        return request_check(db, actor=actor)
    trail.record(db, actor=actor, action="snapshot.check", subject=check)
    return check


def open_check(db: Session) -> SnapshotCheck | None:
    """Return the check that waits or runs, or None."""
    return db.scalar(select(SnapshotCheck).where(SnapshotCheck.status.in_(OPEN)))


def history(db: Session, *, actor: Actor, limit: int = 10) -> list[SnapshotCheck]:
    """Return the newest checks, newest first."""
    require_staff(db, actor, "refresh.list")
    return list(db.scalars(select(SnapshotCheck).order_by(SnapshotCheck.id.desc()).limit(limit)))
