"""Sessions: who is signed in, in which browser, and until when."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from core.access.hashing import hash_token, new_token
from core.actor import Actor
from core.audit import trail
from core.db.leftovers import delete_free
from core.db.models import ADDRESS_LENGTH, USER_AGENT_LENGTH, AuthSession, User
from core.settings import get_settings
from core.sign_in import known_browsers, sso_requests, throttle

TOUCH_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True)
class SignIn:
    """A new session: each token goes into its cookie and nowhere else."""

    token: str = field(repr=False)
    actor: Actor
    browser_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OpenSession:
    """An open session; it ends at `ends_at` (UTC) unless it is used again."""

    actor: Actor
    ends_at: datetime


class Ended(StrEnum):
    """Why a session ended without a sign-out."""

    EXPIRED = "expired"
    ELSEWHERE = "elsewhere"  # by its owner in another window, a superuser, or a password change
    REFUSED = "refused"  # the account may no longer be used


def begin(
    db: Session,
    *,
    user: User,
    address: str | None,
    user_agent: str | None,
    browser_token: str | None = None,
    provider: str | None = None,
) -> SignIn:
    """Begin a session for a user who was authenticated, by password or by a `provider`."""
    token = new_token()
    row = AuthSession(
        token_hash=hash_token(token),
        user_id=user.id,
        expires_at=datetime.now(UTC) + timedelta(days=get_settings().session_absolute_days),
        address=address[:ADDRESS_LENGTH] if address else None,
        user_agent=printable(user_agent or "")[:USER_AGENT_LENGTH],
    )
    db.add(row)
    db.flush()
    actor = _actor(user, row)
    by = {"provider": [None, provider]} if provider else {}
    trail.record(db, actor=actor, action="session.sign_in", subject=user, changes=by)
    return SignIn(token=token, actor=actor, browser_token=browser_token)


def find_actor(db: Session, *, token_hash: bytes) -> Actor | None:
    """Return the actor of a session, or None if it has ended or may not be used."""
    session = find_open(db, token_hash=token_hash)
    return session.actor if session else None


def find_open(db: Session, *, token_hash: bytes) -> OpenSession | None:
    """Return a session and record its use; None if it has ended or may not be used."""
    query = select(User, AuthSession).join(AuthSession, AuthSession.user_id == User.id)
    match = db.execute(query.where(AuthSession.token_hash == token_hash, _usable())).one_or_none()
    if match is None:
        return None
    user, row = match
    if row.last_seen_at < datetime.now(UTC) - TOUCH_INTERVAL:
        _touch(db, {row.id})
    idle = timedelta(hours=get_settings().session_idle_hours)
    return OpenSession(
        actor=_actor(user, row), ends_at=min(row.expires_at, datetime.now(UTC) + idle)
    )


def keep_open(
    db: Session, *, session_ids: Collection[int], used: Collection[int] = ()
) -> dict[int, datetime]:
    """Record the use of the sessions in `used`; return the end (UTC) of each one still open."""
    idle = timedelta(hours=get_settings().session_idle_hours)
    columns = select(AuthSession.id, AuthSession.expires_at, AuthSession.last_seen_at)
    query = columns.join(User, User.id == AuthSession.user_id)
    rows = db.execute(query.where(AuthSession.id.in_(session_ids), _usable())).all()
    if touched := {row.id for row in rows}.intersection(used):
        _touch(db, touched)
    now = datetime.now(UTC)
    return {
        row.id: min(row.expires_at, (now if row.id in touched else row.last_seen_at) + idle)
        for row in rows
    }


def why_ended(db: Session, *, actor: Actor) -> Ended:
    """Return why the actor's session has ended; it must not be open."""
    row = db.get(AuthSession, actor.session_id)
    user = db.get(User, actor.id)
    if user is None or not (user.is_active and user.is_staff):
        return Ended.REFUSED
    return Ended.ELSEWHERE if row is None else Ended.EXPIRED


def sign_out(db: Session, *, actor: Actor) -> None:
    """End the actor's current session."""
    db.execute(delete(AuthSession).where(AuthSession.id == actor.session_id))
    trail.record(db, actor=actor, action="session.sign_out")


def delete_expired(db: Session) -> int:
    """Delete expired sessions, throttle buckets, known browsers and single sign-on requests.

    Returns the number of sessions.
    """
    for module in (throttle, known_browsers, sso_requests):
        module.delete_old(db)
    idle_since = datetime.now(UTC) - timedelta(hours=get_settings().session_idle_hours)
    expired = (AuthSession.expires_at <= func.now()) | (AuthSession.last_seen_at <= idle_since)
    return delete_free(db, AuthSession.id, expired)


def _usable() -> ColumnElement[bool]:
    idle_since = datetime.now(UTC) - timedelta(hours=get_settings().session_idle_hours)
    return and_(
        AuthSession.expires_at > func.now(),
        AuthSession.last_seen_at > idle_since,
        User.is_active,
        User.is_staff,
    )


def _touch(db: Session, session_ids: Collection[int]) -> None:
    # A locked row can be skipped: another transaction is ending the session or touching it.
    free = select(AuthSession.id).where(AuthSession.id.in_(session_ids))
    free = free.with_for_update(skip_locked=True)
    touch = update(AuthSession).where(AuthSession.id.in_(free.scalar_subquery()))
    db.execute(touch.values(last_seen_at=func.now()))


def _actor(user: User, row: AuthSession) -> Actor:
    return replace(user.as_actor(), address=row.address, session_id=row.id)


def printable(text: str) -> str:
    """Return `text` with a question mark for each unprintable character."""
    return "".join(c if c.isprintable() else "?" for c in text)
