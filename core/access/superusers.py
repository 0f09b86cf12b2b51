"""Superusers: locked in one order, so that one of them always stays."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.permissions import require_superuser
from core.actor import Refused
from core.db.models import User
from core.errors import Forbidden

ROLE_FIELDS = ("is_active", "is_staff", "is_superuser")


def lock(db: Session, user_id: int, *, actor_id: int | None = None) -> User | None:
    """Lock a user until the commit and return them as they are now; None when they are gone.

    With a superuser, all superusers and the one who acts are locked, by id: the one order in which
    several users are locked, before any row that belongs to one. So nobody deadlocks, and whoever
    takes a role from a superuser knows who else is one.
    """
    user = db.get(User, user_id)
    if user is not None and user.is_superuser:
        _read_anew(db)
        together = User.is_superuser | User.id.in_({user_id, actor_id or user_id})
        query = select(User).where(together).order_by(User.id)
        db.scalars(query.with_for_update(key_share=True)).all()
    return db.get(User, user_id, with_for_update=True, populate_existing=True)


def lock_first(db: Session, filters: Refused) -> None:
    """Lock who is to change; the actor may have lost the role while waiting for that."""
    lock(db, filters.subject_id or 0, actor_id=filters.actor.id)
    require_superuser(db, filters.actor, filters.action, filters.subject_id)


def takes_rights(changes: Mapping[str, object]) -> bool:
    """Tell whether a change takes a role or the use of the account from somebody."""
    return any(changes.get(name) is False for name in ROLE_FIELDS)


def loses_role(user: User, changes: Mapping[str, object]) -> bool:
    """Tell whether a change ends that a user is an active superuser."""
    return user.is_superuser and user.is_active and user.is_staff and takes_rights(changes)


def require_another(db: Session, user: User, refused: Refused) -> None:
    """Raise `Forbidden` when a user, locked here, is the last active superuser."""
    # All superusers are locked, so of two who demote each other at once the second one waits.
    others = select(User.id).where(User.is_superuser, User.is_staff, User.is_active)
    if db.scalar(others.where(User.id != user.id).limit(1)) is None:
        raise Forbidden(
            "This is the last active superuser; make somebody else one first.", refused=refused
        )


def _read_anew(db: Session) -> None:
    """Forget what this transaction has read of users: it may be outdated after a lock."""
    db.flush()
    for known in db.identity_map.values():
        if isinstance(known, User):
            db.expire(known)
