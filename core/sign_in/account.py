"""A person's own account: their sessions, name and password."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.access import revocations
from core.access.hashing import Checked, hash_password
from core.access.password_strength import refuse_guessable
from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.fields import FullName, Password, parse
from core.db.models import AuthSession, User
from core.errors import Forbidden, NotFound
from core.manage import users
from core.sign_in import password as password_sign_in
from core.sign_in import throttle
from core.sign_in.password import Attempt

PASSWORD_ACTION = "account.password"  # noqa: S105 - an action of the audit trail


class NameChange(BaseModel):
    """The form with which people change their own name."""

    model_config = ConfigDict(extra="forbid")

    full_name: FullName


class PasswordChange(BaseModel):
    """The form with which people change their own password; the current one is checked before."""

    model_config = ConfigDict(extra="forbid")

    password: Password


def list_sessions(db: Session, *, actor: Actor) -> list[AuthSession]:
    """Return the actor's own sessions, the last used first."""
    require_staff(db, actor, "session.list")
    own = select(AuthSession).where(AuthSession.user_id == actor.id)
    return list(db.scalars(own.order_by(AuthSession.last_seen_at.desc(), AuthSession.id.desc())))


def end_session(db: Session, *, actor: Actor, session_id: int) -> None:
    """End one of the actor's own sessions; raise `NotFound` for any other."""
    require_staff(db, actor, "session.end")
    own = (AuthSession.id == session_id) & (AuthSession.user_id == actor.id)
    if not db.scalars(delete(AuthSession).where(own).returning(AuthSession.id)).all():
        raise NotFound("This session has ended already.")
    revocations.announce(db)
    trail.record(db, actor=actor, action="session.end", changes={"sessions": [1, 0]})


def end_other_sessions(db: Session, *, actor: Actor) -> int:
    """End all of the actor's sessions except the current one; return their number."""
    require_staff(db, actor, "session.end")
    count = _end(db, user_id=actor.id, but=actor.session_id)
    trail.record(db, actor=actor, action="session.end", changes={"sessions": [count, 0]})
    return count


def end_sessions_of(db: Session, *, actor: Actor, user_id: int) -> int:
    """End all sessions of a user, for superusers; return their number."""
    require_superuser(db, actor, "session.end", user_id)
    user = users.EDITOR.require(db.get(User, user_id))
    count = _end(db, user_id=user_id, but=actor.session_id)
    changes = {"sessions": [count, 0]}
    trail.record(db, actor=actor, action="session.end", subject=user, changes=changes)
    return count


def rename(db: Session, *, actor: Actor, values: Mapping[str, object]) -> User:
    """Change the actor's own name; `values` are those of `NameChange`. Raises `Invalid`."""
    form = parse(NameChange, values)
    user = _lock(db, actor, "account.name")
    users.EDITOR.change(db, user, form.model_dump(), actor=actor, action="account.name")
    return user


def begin_password_change(db: Session, *, actor: Actor) -> Attempt:
    """Count an attempt to prove the current password, throttled per session.

    The caller commits. If `wait` is 0, `Attempt.check` and `change_password` follow.
    """
    require_staff(db, actor, PASSWORD_ACTION)
    user = db.get(User, actor.id) if actor.id else None
    if user is None:
        raise Forbidden("Only people have passwords.")
    return password_sign_in.begin_proof(db, user=user, actor=actor, action=PASSWORD_ACTION)


def change_password(
    db: Session, *, actor: Actor, attempt: Attempt, checked: Checked, values: Mapping[str, object]
) -> bool:
    """Set a new password and end the actor's other sessions; `values` are `PasswordChange`'s.

    Returns False, with an audit row to commit, if the current password was wrong. Raises `Invalid`
    if the new one is too short, too long, too common or contains the address.
    """
    user = _lock(db, actor, PASSWORD_ACTION)
    if not password_sign_in.prove(user, attempt=attempt, checked=checked):
        password_sign_in.note(db, attempt, user, action=PASSWORD_ACTION, outcome="refused")
        return False
    throttle.forgive(db, attempt.buckets)
    form = parse(PasswordChange, values)
    refuse_guessable(form.password, email=user.email)
    changed = {"hashed_password": hash_password(form.password)}
    users.EDITOR.change(db, user, changed, actor=actor, action=PASSWORD_ACTION)
    _end(db, user_id=user.id, but=actor.session_id)
    return True


def _lock(db: Session, actor: Actor, action: str) -> User:
    require_staff(db, actor, action)
    user = db.get(User, actor.id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("This account does not exist any more.")
    return user


def _end(db: Session, *, user_id: int | None, but: int | None) -> int:
    others = AuthSession.id.is_distinct_from(but)
    return revocations.end_sessions(db, (AuthSession.user_id == user_id) & others)
