"""API tokens, with which scripts act for a person, limited to the token's scopes."""

import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import revocations
from core.access.hashing import TOKEN_BYTES, hash_token
from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.fields import TokenName, parse
from core.db.leftovers import delete_free
from core.db.models import ApiToken, User
from core.errors import Forbidden, Invalid, NotFound
from core.sign_in.sessions import TOUCH_INTERVAL, OpenSession

Scope = Literal["analytics:read", "items:read", "items:write", "users:read", "users:write"]
# What each scope allows, as people read it. The person's role is required as well.
SCOPES: dict[Scope, str] = {
    "analytics:read": "Read analytics",
    "items:read": "Read items",
    "items:write": "Create, change and delete items",
    "users:read": "Read users",
    "users:write": "Create, change and delete users, and their roles",
}
SUPERUSER_SCOPES: frozenset[Scope] = frozenset({"users:read", "users:write"})
LONGEST_DAYS = 366
MOST_TOKENS = 50
KEPT_DAYS = 30  # an expired token stays listed this long, to show why a script stopped

# The format follows GitHub's: secret scanners recognise a leaked token by its prefix and verify
# it by the checksum at its end, and a double click selects the whole token.
# https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
PREFIX = "tally_"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_LENGTH, CHECKSUM_LENGTH = 43, 6
PATTERN = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})")


class TokenForm(BaseModel):
    """The form for a new token: its name, lifetime in days, and scopes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: TokenName
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    scopes: list[Scope]


@dataclass(frozen=True)
class NewToken:
    """A token just created: `token` is shown once and stored nowhere."""

    token: str = field(repr=False)
    row: ApiToken


def allowed_scopes(actor: Actor) -> list[Scope]:
    """Return the scopes that make sense for the actor's role."""
    return [s for s in SCOPES if actor.is_superuser or s not in SUPERUSER_SCOPES]


def list_tokens(db: Session, *, actor: Actor) -> Sequence[ApiToken]:
    """Return the actor's own tokens, newest first, including recently expired ones."""
    require_staff(db, actor, "token.list")
    query = select(ApiToken).where(ApiToken.user_id == actor.id).order_by(ApiToken.id.desc())
    return db.scalars(query).all()


def create_token(db: Session, *, actor: Actor, values: dict[str, object]) -> NewToken:
    """Create a token for the actor; `values` are those of `TokenForm`. Raises `Invalid`.

    Tokens cannot create tokens.
    """
    require_staff(db, actor, "token.create")
    form = parse(TokenForm, values)
    user = _lock_owner(db, actor)
    _refuse_scopes(form, user)
    token = generate()
    row = ApiToken(
        token_hash=hash_token(token),
        user_id=user.id,
        name=form.name,
        scopes=[scope for scope in SCOPES if scope in form.scopes],
        expires_at=datetime.now(UTC) + timedelta(days=form.days),
    )
    db.add(row)
    db.flush()
    changes = trail.difference({}, _view(row))
    trail.record(db, actor=actor, action="token.create", subject=row, changes=changes)
    return NewToken(token=token, row=row)


def revoke_token(db: Session, *, actor: Actor, token_id: int) -> None:
    """Revoke one of the actor's own tokens; raise `NotFound` for any other."""
    require_staff(db, actor, "token.revoke", token_id)
    query = select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == actor.id)
    _revoke(db, actor, db.scalar(query.with_for_update()))


def list_tokens_of(db: Session, *, actor: Actor, user_id: int) -> Sequence[ApiToken]:
    """Return a user's tokens, newest first, for superusers."""
    require_superuser(db, actor, "token.list", user_id)
    query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return db.scalars(query).all()


def revoke_token_of(db: Session, *, actor: Actor, token_id: int) -> None:
    """Revoke anybody's token, for superusers; raise `NotFound`."""
    require_superuser(db, actor, "token.revoke", token_id)
    row = db.get(ApiToken, token_id, with_for_update=True, populate_existing=True)
    _revoke(db, actor, row)


def find_open(db: Session, *, token_hash: bytes) -> OpenSession | None:
    """Return the actor of a token and record its use; None if it is expired or not allowed."""
    query = select(User, ApiToken).join(ApiToken, ApiToken.user_id == User.id)
    usable = query.where(ApiToken.expires_at > func.now(), User.is_active, User.is_staff)
    match = db.execute(usable.where(ApiToken.token_hash == token_hash)).one_or_none()
    if match is None:
        return None
    user, row = match
    now = datetime.now(UTC)
    if row.last_used_at is None or row.last_used_at < now - TOUCH_INTERVAL:
        touch = update(ApiToken).where(ApiToken.id == row.id)
        db.execute(touch.values(last_used_at=func.now()))
    return OpenSession(actor=_actor(user, row), ends_at=row.expires_at)


def delete_expired(db: Session) -> int:
    """Delete the tokens that expired more than `KEPT_DAYS` ago; return their number."""
    expired = ApiToken.expires_at <= datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    return delete_free(db, ApiToken.id, expired)


def looks_right(token: str) -> bool:
    """Tell whether a text has the format of a token, with a valid checksum."""
    parts = PATTERN.fullmatch(token)
    return parts is not None and _checksum(parts[1]) == parts[2]


def _revoke(db: Session, actor: Actor, row: ApiToken | None) -> None:
    if row is None:
        raise NotFound("This token does not exist any more.")
    gone = _view(row) | {"user_id": row.user_id}
    changes = trail.difference(gone, dict.fromkeys(gone))
    trail.record(db, actor=actor, action="token.revoke", subject=row, changes=changes)
    db.delete(row)
    db.flush()
    revocations.announce(db)


def generate() -> str:
    """Return a new token; nobody has it yet."""
    secret = _base62(secrets.randbits(8 * TOKEN_BYTES), SECRET_LENGTH)
    return f"{PREFIX}{secret}{_checksum(secret)}"


def _checksum(secret: str) -> str:
    return _base62(zlib.crc32(secret.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def _lock_owner(db: Session, actor: Actor) -> User:
    # The lock keeps two concurrent requests from exceeding the limit, and shows a demotion.
    user = (
        db.get(User, actor.id, with_for_update=True, populate_existing=True) if actor.id else None
    )
    if user is None or not user.is_active or not user.is_staff:
        raise Forbidden("Only active staff may do this.")
    count = db.scalar(select(func.count()).where(ApiToken.user_id == user.id)) or 0
    if count >= MOST_TOKENS:
        raise Invalid({"name": f"You have {count} tokens; revoke one that is not used any more."})
    return user


def _refuse_scopes(form: TokenForm, user: User) -> None:
    if not form.scopes:
        raise Invalid({"scopes": "Choose at least one."})
    if not user.is_superuser and SUPERUSER_SCOPES.intersection(form.scopes):
        raise Invalid({"scopes": "Only superusers have a use for the scopes of users."})


def _actor(user: User, row: ApiToken) -> Actor:
    return replace(user.as_actor(), token_id=row.id, scopes=frozenset(row.scopes))


def _view(row: ApiToken) -> dict[str, object]:
    return {"name": row.name, "scopes": row.scopes, "expires_at": row.expires_at.isoformat()}
