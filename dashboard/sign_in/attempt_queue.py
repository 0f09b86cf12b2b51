"""How attempts to sign in wait for each other: guessing is refused before it costs others time."""

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
    """What somebody signs in with, from where, and in which browser."""

    email: str
    password: str = field(repr=False)
    address: str | None
    user_agent: str | None
    browser_token: str | None = field(repr=False)


class SignInQueue:
    """The places of this process for those who sign in.

    Each attempt is counted before it is hashed, and refused right then when it has to wait. Of one
    account, address or browser no more are under way at once than may fail without a wait, so that
    many who are right at the same moment are not taken for somebody who guesses.
    """

    def __init__(self) -> None:
        self._lines = FairQueue(longest=LONGEST_LINE, busy=BUSY)
        # Threads and connections: those who come with a browser's token do not wait for others.
        self._asking, self._asking_known = CapacityLimiter(2), CapacityLimiter(2)
        # All cores may hash for anybody, and one place more is kept for known browsers.
        self._hashing, self._hashing_known = CapacityLimiter(2), CapacityLimiter(1)

    async def sign_in(self, given: Credentials, *, previous: Actor | None) -> SignIn | None:
        """Begin a session, which ends the `previous` one, or return None.

        Raises `TooMany` for who has to wait, and `Unavailable` when too many are under way.
        """
        if self._hashing.statistics().tasks_waiting >= MOST_HASHES_WAITING:
            raise Unavailable(BUSY)
        asking = self._asking_known if given.browser_token else self._asking
        async with AsyncExitStack() as stack:
            for bucket in _seemingly(given):
                turn = self._lines.turn(bucket.key, at_once=bucket.free - 1)
                await stack.enter_async_context(turn)
            attempt = await run_sync(begin, given, limiter=asking)
            if attempt.wait:
                raise TooMany(TOO_MANY, seconds=attempt.wait)
            checked = await self._check(attempt, given.password)
            finish = partial(conclude, given, attempt, checked=checked, previous=previous)
            return await run_sync(finish, limiter=asking)

    async def ask(self, address: str | None, work: Callable[[], Result]) -> Result:
        """Ask the database for somebody who is not signed in yet, one thing at a time a client."""
        whose = "asking", throttle.client(address).key
        async with self._lines.turn(whose, at_once=1):
            return await run_sync(work, limiter=self._asking)

    async def _check(self, attempt: Attempt, password: str) -> Checked:
        if attempt.is_known:
            is_free = self._hashing.available_tokens >= 1
            limiter = self._hashing if is_free else self._hashing_known
            return await run_sync(attempt.check, password, limiter=limiter)
        whose = "hashing", throttle.client(attempt.address).key  # one address has one place
        async with self._lines.turn(whose, at_once=1):
            return await run_sync(attempt.check, password, limiter=self._hashing)


def begin(given: Credentials) -> Attempt:
    """Count an attempt, in a transaction of its own: none is open while the password is hashed."""
    with engine.transaction() as db:
        return password_sign_in.begin(
            db, email=given.email, address=given.address, browser_token=given.browser_token
        )


def conclude(
    given: Credentials, attempt: Attempt, *, checked: Checked, previous: Actor | None
) -> SignIn | None:
    """Begin the session when the password was right, and end the `previous` one with that."""
    with engine.transaction() as db:
        begun = password_sign_in.conclude(
            db, attempt=attempt, checked=checked, user_agent=given.user_agent
        )
        if begun and previous:
            sessions.sign_out(db, actor=previous)
        return begun


def _seemingly(given: Credentials) -> tuple[Bucket, ...]:
    """Return what an attempt will count for, as far as that is known without the database."""
    if given.browser_token:
        return (throttle.browser(given.browser_token),)
    return throttle.account(given.email), throttle.client(given.address)
