"""What Tally signs for itself, so that it knows it again when a browser brings it back."""

import hashlib
import hmac
import secrets
from functools import lru_cache

from core.settings import PLACEHOLDERS, get_settings


def sign(purpose: str, text: str) -> str:
    """Return the signature of a text, which counts for one purpose alone."""
    return hmac.new(signing_key(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def is_signed(purpose: str, text: str, signature: str) -> bool:
    """Tell whether the signature of a text is ours."""
    return hmac.compare_digest(signature.encode(), sign(purpose, text).encode())


def person(user_id: int | str | None) -> str:
    """Return what a person is known by in a browser; nobody can tell whose it is."""
    return sign("person", str(user_id))


@lru_cache
def signing_key() -> bytes:
    """Return the secret key, or a random one of this process where there is none yet."""
    key = get_settings().secret_key.get_secret_value()
    return secrets.token_bytes() if key in PLACEHOLDERS else key.encode()
