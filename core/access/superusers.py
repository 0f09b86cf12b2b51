"""Guards the last active superuser: superusers are locked in one order before a change."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.permissions import require_superuser
from core.actor import Refused
from core.db.models import User
from core.errors import Forbidden

ROLE_FIELDS = ("is_active", "is_staff", "is_superuser")


def lock(db: Session, user_id: int, *, actor_id: int | None = None) -> User | None:
    """Lock a user until the commit and return the current row, or None if it is gone.

    If the user is a superuser, all superusers and the actor are locked as well, in order of id and
    before any row that belongs to a user. That one order prevents deadlocks, and whoever takes a
    role from a superuser knows who the others are.
    """
    user = db.get(User, user_id)
    if user is not None and user.is_superuser:
        _expire_users(db)
        together = User.is_superuser | User.id.in_({user_id, actor_id or user_id})
        query = select(User).where(together).order_by(User.id)
        db.scalars(query.with_for_update(key_share=True)).all()
    return db.get(User, user_id, with_for_update=True, populate_existing=True)


def lock_first(db: Session, attempt: Refused) -> None:
    """Lock the user to change, then require a superuser: the wait may have cost the actor the role.

    `attempt` is what the audit gets if it is refused.
    """
    lock(db, attempt.subject_id or 0, actor_id=attempt.actor.id)
    require_superuser(db, attempt.actor, attempt.action, attempt.subject_id)


def takes_rights(changes: Mapping[str, object]) -> bool:
    """Tell whether a change removes a role or deactivates the account."""
    return any(changes.get(name) is False for name in ROLE_FIELDS)


def loses_role(user: User, changes: Mapping[str, object]) -> bool:
    """Tell whether a user is an active superuser and would not be one after the change."""
    return user.is_superuser and user.is_active and user.is_staff and takes_rights(changes)


def require_another(db: Session, user: User, refused: Refused) -> None:
    """Raise `Forbidden` if the user, who must be locked, is the last active superuser."""
    # All superusers are locked, so if two demote each other at once, the second one waits.
    others = select(User.id).where(User.is_superuser, User.is_staff, User.is_active)
    if db.scalar(others.where(User.id != user.id).limit(1)) is None:
        raise Forbidden(
            "This is the last active superuser; make somebody else one first.", refused=refused
        )


def _expire_users(db: Session) -> None:
    """Expire the users that this transaction has read: they may be outdated after a lock."""
    db.flush()
    for known in db.identity_map.values():
        if isinstance(known, User):
            db.expire(known)
