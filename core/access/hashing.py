"""Hashes of passwords and random tokens."""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core import process

UNUSABLE_PASSWORD = "!"  # the hash of users who cannot sign in with a password  # noqa: S105
TOKEN_BYTES = 32

# OWASP Password Storage Cheat Sheet: argon2id with m=19 MiB, t=2, p=1.
_passwords = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
# Each hash takes 19 MiB, so a burst must not run them all at once. The sign-in uses up to three
# slots; the fourth is for people who are signed in already.
SLOTS = 4


class HashingSlots(threading.BoundedSemaphore):
    """So many hashes may be computed at once in this process."""

    def __init__(self) -> None:
        super().__init__(SLOTS)


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`, salted, in PHC format."""
    with process.resource(HashingSlots):
        return _passwords.hash(password)


@dataclass(frozen=True)
class Checked:
    """Whether a password matches; `new_hash` is set if the stored hash has outdated parameters."""

    matches: bool
    new_hash: str | None = field(default=None, repr=False)


def check_password(password: str, hashed: str) -> Checked:
    """Check `password` against `hashed`; an unusable hash never matches and takes as long."""
    usable = hashed != UNUSABLE_PASSWORD
    with process.resource(HashingSlots):
        matches, new_hash = _passwords.verify_and_update(
            password, hashed if usable else _decoy_hash()
        )
    return Checked(matches and usable, new_hash if matches and usable else None)


def new_token() -> str:
    """Return a random token of 256 bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a token; the database stores nothing else of it."""
    return hashlib.sha256(token.encode()).digest()


@lru_cache
def _decoy_hash() -> str:
    return _passwords.hash(secrets.token_urlsafe())
