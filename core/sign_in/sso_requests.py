"""Sign-ins that are under way at a provider: each belongs to one browser and counts once."""

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
    """What ties a provider's answer to the request: `state`, `nonce` and the verifier of PKCE.

    They follow from the request's token, so that the database holds none of them, and each says
    nothing about the others. 43 characters is the least that RFC 7636 wants of a verifier.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(db: Session, *, provider: str, target: str) -> str:
    """Note that somebody goes to a provider, and then to `target`; return the cookie's token."""
    token = new_token()
    db.add(SignInRequest(token_hash=hash_token(token), provider=provider, target=target))
    return token


def take(db: Session, *, token: str, provider: str) -> str | None:
    """Return where a request leads; None when it is over, another's or was taken before."""
    request = SignInRequest.token_hash == hash_token(token)
    young = SignInRequest.created_at > datetime.now(UTC) - LIFETIME
    ours = SignInRequest.provider == provider
    taken = delete(SignInRequest).where(request, young, ours).returning(SignInRequest.target)
    return db.scalar(taken)


def proofs(token: str) -> Proofs:
    """Return what a request of this token sends to the provider and expects back."""
    return Proofs(_derive(token, "state"), _derive(token, "nonce"), _derive(token, "verifier"))


def delete_old(db: Session) -> None:
    """Delete the requests that nobody came back from."""
    long_ago = datetime.now(UTC) - LIFETIME
    delete_free(db, SignInRequest.token_hash, SignInRequest.created_at < long_ago)


def _derive(token: str, purpose: str) -> str:
    digest = hmac.new(token.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
