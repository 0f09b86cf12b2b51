"""Signs texts that a browser will send back, so that Tally can verify them."""

import hashlib
import hmac
import secrets

from core import process
from core.settings import PLACEHOLDERS, get_settings


def sign(purpose: str, text: str) -> str:
    """Return the signature of a text; it is valid for this purpose only."""
    key = process.resource(SigningKey).key
    return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def is_signed(purpose: str, text: str, signature: str) -> bool:
    """Tell whether a signature is valid for a text and purpose."""
    return hmac.compare_digest(signature.encode(), sign(purpose, text).encode())


def person(user_id: int | str | None) -> str:
    """Return a pseudonym for a person, which the browser can hold without revealing the id."""
    return sign("person", str(user_id))


class SigningKey:
    """The secret key of the installation; if none is set, a random one for this process."""

    def __init__(self) -> None:
        key = get_settings().secret_key.get_secret_value()
        self.key = secrets.token_bytes() if key in PLACEHOLDERS else key.encode()
