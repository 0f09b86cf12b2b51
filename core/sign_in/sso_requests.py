"""Sign-ins that are under way at a provider: each belongs to one browser and works once."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.access.hashing import hash_token, new_token
from core.db.leftovers import delete_free
from core.db.models import SignInRequest

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Proofs:
    """What ties a provider's response to the request: `state`, `nonce` and the PKCE verifier.

    All are derived from the request's token, so the database stores none of them, and none reveals
    another. RFC 7636 requires a verifier of at least 43 characters.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(db: Session, *, provider: str, target: str) -> str:
    """Store a sign-in at a provider that continues at `target`; return its cookie token."""
    token = new_token()
    db.add(SignInRequest(token_hash=hash_token(token), provider=provider, target=target))
    return token


def take(db: Session, *, token: str, provider: str) -> str | None:
    """Consume a request and return its target; None if expired, used, or of another provider."""
    request = SignInRequest.token_hash == hash_token(token)
    unexpired = SignInRequest.created_at > datetime.now(UTC) - LIFETIME
    same_provider = SignInRequest.provider == provider
    take_row = delete(SignInRequest).where(request, unexpired, same_provider)
    return db.scalar(take_row.returning(SignInRequest.target))


def proofs(token: str) -> Proofs:
    """Derive from a request's token what it sends to the provider and expects back."""
    return Proofs(_derive(token, "state"), _derive(token, "nonce"), _derive(token, "verifier"))


def delete_old(db: Session) -> None:
    """Delete expired requests."""
    long_ago = datetime.now(UTC) - LIFETIME
    delete_free(db, SignInRequest.token_hash, SignInRequest.created_at < long_ago)


def _derive(token: str, purpose: str) -> str:
    digest = hmac.new(token.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
