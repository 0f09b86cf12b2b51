"""Slows down password guessing: failed sign-ins delay the next one, across all replicas."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.leftovers import delete_free
from core.db.models import SignInThrottle
from core.text.addresses import find_form

FORGET_AFTER = timedelta(hours=24)
LONGEST_DELAY = 900  # seconds: allows about a hundred guesses a day, never a permanent lockout
ACCOUNT_FREE, CLIENT_FREE, BROWSER_FREE, SESSION_FREE = 5, 20, 5, 5


@dataclass(frozen=True)
class Bucket:
    """A key to count failures by; after `free` failures, each further one doubles the delay."""

    kind: str
    value: str
    free: int

    @property
    def key(self) -> bytes:
        """The hash to store; people also type passwords into the address field."""
        return hashlib.sha256(f"{self.kind}:{self.value}".encode(errors="replace")).digest()


def account(email: str) -> Bucket:
    """Return the bucket of an account; the account need not exist."""
    return Bucket("account", find_form(email), ACCOUNT_FREE)


def client(address: str | None) -> Bucket:
    """Return the bucket of a client's address; for IPv6 its /64 network, which one client owns."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return Bucket("client", address or "unknown", CLIENT_FREE)
    network = (
        ip_network(f"{parsed}/64", strict=False) if isinstance(parsed, IPv6Address) else parsed
    )
    return Bucket("client", str(network), CLIENT_FREE)


def browser(browser_id: int | str) -> Bucket:
    """Return the bucket of a known browser."""
    return Bucket("browser", str(browser_id), BROWSER_FREE)


def session(user_id: int, session_id: int | None) -> Bucket:
    """Return the bucket of a session: nobody but its owner can fill it."""
    return Bucket("session", f"{user_id} {session_id}", SESSION_FREE)


def claim(db: Session, buckets: Sequence[Bucket]) -> float:
    """Count an attempt as a failure in advance and return 0; `forgive` undoes it on success.

    If a bucket still has to wait, count nothing and return the seconds. Counting in advance keeps
    concurrent attempts from all slipping through.
    """
    ordered = sorted(buckets, key=lambda bucket: bucket.key)  # a fixed order prevents deadlocks
    keys = [bucket.key for bucket in ordered]
    left = func.extract("epoch", SignInThrottle.open_at - func.clock_timestamp())
    waits = db.scalars(
        select(left)
        .where(SignInThrottle.bucket.in_(keys))
        .order_by(SignInThrottle.bucket)
        .with_for_update()
    ).all()
    wait = max((float(seconds) for seconds in waits), default=0.0)
    if wait > 0:
        return wait
    for bucket in ordered:
        _count(db, bucket)
    return 0.0


def forgive(db: Session, buckets: Sequence[Bucket]) -> None:
    """Undo `claim` after a correct password.

    An account, browser or session starts at zero; a client keeps its failures with other accounts.
    """
    for bucket in sorted(buckets, key=lambda bucket: bucket.key):
        row = SignInThrottle.bucket == bucket.key
        if bucket.kind == "client":
            less = func.greatest(SignInThrottle.failures - 1, 0)
            again = func.clock_timestamp()
            db.execute(update(SignInThrottle).where(row).values(failures=less, open_at=again))
        else:
            db.execute(delete(SignInThrottle).where(row))


def delete_old(db: Session) -> None:
    """Delete the buckets without a failure in the last 24 hours."""
    long_ago = datetime.now(UTC) - FORGET_AFTER
    delete_free(db, SignInThrottle.bucket, SignInThrottle.failed_at < long_ago)


def _count(db: Session, bucket: Bucket) -> None:
    now = func.clock_timestamp()
    forgotten = SignInThrottle.failed_at < now - FORGET_AFTER
    failures = case((forgotten, 1), else_=SignInThrottle.failures + 1)
    doublings = func.least(failures - bucket.free, 30)
    seconds = func.least(func.power(2, doublings), LONGEST_DELAY)
    delay = case((failures < bucket.free, 0), else_=seconds)
    fresh = insert(SignInThrottle).values(bucket=bucket.key, failures=1, open_at=now)
    db.execute(
        fresh.on_conflict_do_update(
            index_elements=[SignInThrottle.bucket],
            set_={
                "failures": failures,
                "failed_at": now,
                "open_at": now + delay * timedelta(seconds=1),
            },
        )
    )
