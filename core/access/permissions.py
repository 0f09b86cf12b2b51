"""What an actor may do: the one place where permission is decided."""

from sqlalchemy.orm import Session

from core.actor import Actor, Refused
from core.db.models import User
from core.errors import Forbidden

OPEN_TO_TOKENS = frozenset({"user.read_own"})  # needs no scope: it tells whose token it is
# The scope that each action requires of a token. A token can do nothing that is not listed here.
SCOPE_OF = {
    "analytics.read": "analytics:read",
    "export.analytics": "analytics:read",
    "export.items": "items:read",
    "export.users": "users:read",
    "item.list": "items:read",
    "item.read": "items:read",
    "item.create": "items:write",
    "item.update": "items:write",
    "item.delete": "items:write",
    "user.list": "users:read",
    "user.read": "users:read",
    "user.create": "users:write",
    "user.update": "users:write",
    "user.delete": "users:write",
}


def require_scope(actor: Actor, action: str, subject_id: int | None = None) -> None:
    """Raise `Forbidden` if the actor uses a token that lacks the scope of the action."""
    scope = SCOPE_OF.get(action)
    if actor.scopes is None or scope in actor.scopes or action in OPEN_TO_TOKENS:
        return
    refused = Refused(actor, action, subject_id)
    if scope is None:
        raise Forbidden("This cannot be done with a token.", refused=refused)
    raise Forbidden(f"This token was not given the scope {scope}.", refused=refused)


def require_staff(
    db: Session, actor: Actor, action: str = "access", subject_id: int | None = None
) -> None:
    """Raise `Forbidden` unless the actor is active staff now, and has the scope."""
    require_scope(actor, action, subject_id)
    if not _is(db, actor, superuser=False):
        refused = Refused(actor, action, subject_id)
        raise Forbidden("Only active staff may do this.", refused=refused)


def require_superuser(
    db: Session, actor: Actor, action: str = "access", subject_id: int | None = None
) -> None:
    """Raise `Forbidden` unless the actor is an active superuser now, and has the scope."""
    require_scope(actor, action, subject_id)
    if not _is(db, actor, superuser=True):
        refused = Refused(actor, action, subject_id)
        raise Forbidden("Only superusers may do this.", refused=refused)


def _is(db: Session, actor: Actor, *, superuser: bool) -> bool:
    if actor.id is None:
        return actor.is_superuser or not superuser
    # The row decides, not the actor: somebody may have lost a role since their page was opened.
    user = db.get(User, actor.id)
    if user is None or not user.is_active or not user.is_staff:
        return False
    return user.is_superuser or not superuser
