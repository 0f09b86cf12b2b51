"""Queues attempts to sign in, so that password guessing is refused before it costs others time."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from core.access.hashing import Checked
from core.actor import Actor
from core.db import engine
from core.errors import TooMany, Unavailable
from core.sign_in import password as password_sign_in
from core.sign_in import sessions, throttle
from core.sign_in.password import Attempt
from core.sign_in.sessions import SignIn
from core.sign_in.throttle import Bucket
from dashboard.limits.fair_queue import FairQueue

Result = TypeVar("Result")
LONGEST_LINE = 200
MOST_HASHES_WAITING = 100
BUSY = "Too many people are signing in at once. Please try again in a moment."
TOO_MANY = (
    "There were too many failed attempts to sign in, so this one was not looked at. Please wait a "
    "little and try again."
)


@dataclass(frozen=True)
class Credentials:
    """What somebody signs in with, their network address and browser."""

    email: str
    password: str = field(repr=False)
    address: str | None
    user_agent: str | None
    browser_token: str | None = field(repr=False)


class SignInQueue:
    """Limits how many sign-ins this process handles at once.

    Each attempt is counted before its password is hashed, and refused at that point if it has to
    wait. Per account, address or browser, no more run at once than may fail without a delay.
    Otherwise many correct sign-ins at the same moment would look like guessing.
    """

    def __init__(self) -> None:
        self._lines = FairQueue(longest=LONGEST_LINE, busy=BUSY)
        # Threads for queries; browsers with a token have their own, so they do not wait for others.
        self._asking, self._asking_known = CapacityLimiter(2), CapacityLimiter(2)
        # Threads for hashing; one more is reserved for known browsers.
        self._hashing, self._hashing_known = CapacityLimiter(2), CapacityLimiter(1)

    async def sign_in(self, credentials: Credentials, *, previous: Actor | None) -> SignIn | None:
        """Begin a session and end the `previous` one; return None if the credentials are wrong.

        Raises `TooMany` if the attempt has to wait, and `Unavailable` if too many are under way.
        """
        if self._hashing.statistics().tasks_waiting >= MOST_HASHES_WAITING:
            raise Unavailable(BUSY)
        asking = self._asking_known if credentials.browser_token else self._asking
        async with AsyncExitStack() as stack:
            for bucket in _expected_buckets(credentials):
                turn = self._lines.turn(bucket.key, at_once=bucket.free - 1)
                await stack.enter_async_context(turn)
            attempt = await run_sync(begin, credentials, limiter=asking)
            if attempt.wait:
                raise TooMany(TOO_MANY, seconds=attempt.wait)
            checked = await self._check(attempt, credentials.password)
            finish = partial(conclude, credentials, attempt, checked=checked, previous=previous)
            return await run_sync(finish, limiter=asking)

    async def ask(self, address: str | None, work: Callable[[], Result]) -> Result:
        """Run a query for somebody who is not signed in yet, one at a time per client."""
        whose = "asking", throttle.client(address).key
        async with self._lines.turn(whose, at_once=1):
            return await run_sync(work, limiter=self._asking)

    async def _check(self, attempt: Attempt, password: str) -> Checked:
        if attempt.is_known:
            is_free = self._hashing.available_tokens >= 1
            limiter = self._hashing if is_free else self._hashing_known
            return await run_sync(attempt.check, password, limiter=limiter)
        whose = "hashing", throttle.client(attempt.address).key  # one at a time per address
        async with self._lines.turn(whose, at_once=1):
            return await run_sync(attempt.check, password, limiter=self._hashing)


def begin(credentials: Credentials) -> Attempt:
    """Count an attempt in its own transaction, so that none is open during the hashing."""
    with engine.transaction() as db:
        return password_sign_in.begin(
            db,
            email=credentials.email,
            address=credentials.address,
            browser_token=credentials.browser_token,
        )


def conclude(
    credentials: Credentials, attempt: Attempt, *, checked: Checked, previous: Actor | None
) -> SignIn | None:
    """Begin a session if the password was right, and end the `previous` one."""
    with engine.transaction() as db:
        session = password_sign_in.conclude(
            db, attempt=attempt, checked=checked, user_agent=credentials.user_agent
        )
        if session and previous:
            sessions.sign_out(db, actor=previous)
        return session


def _expected_buckets(credentials: Credentials) -> tuple[Bucket, ...]:
    """Return the buckets that an attempt will probably count in, without asking the database."""
    if credentials.browser_token:
        return (throttle.browser(credentials.browser_token),)
    return throttle.account(credentials.email), throttle.client(credentials.address)
