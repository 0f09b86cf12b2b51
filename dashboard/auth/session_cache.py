"""Who asks: sessions and tokens looked up in PostgreSQL, and remembered while it is away."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.orm import Session

from core.access.hashing import hash_token
from core.db import engine
from core.errors import Unavailable
from core.sign_in import sessions, throttle
from core.sign_in.sessions import OpenSession
from dashboard.limits.fair_queue import FairQueue

FRESH_SECONDS = 1.0  # so long a page's many requests share one look-up
AWAY_SECONDS = 2.0  # so long an absent database is not asked again
MOST_REMEMBERED = 10_000
LONGEST_LINE = 500
BUSY = "Too many unknown sessions are asked about at once. Please try again in a moment."
# Threads of its own: look-ups must not queue behind slow answers to others, nor those of who has
# been seen before behind tokens that anybody may have made up.
_threads, _strangers = CapacityLimiter(4), CapacityLimiter(2)


class FindOpen(Protocol):
    """How a session or token is looked up by the hash of its token."""

    def __call__(self, db: Session, *, token_hash: bytes) -> OpenSession | None:
        """Return it, or None when it may not be used."""


@dataclass(frozen=True)
class _Known:
    session: OpenSession
    verified: float = field(default_factory=time.monotonic)


class Visitors:
    """The sessions, or API tokens, seen by this process, by the hash of their token.

    `find_open` is how they are looked up: that of `sign_in.sessions`, or of `sign_in.api_tokens`.
    """

    def __init__(self, find_open: FindOpen = sessions.find_open) -> None:
        self._find_open = find_open
        self._era = 0
        self._known: dict[bytes, _Known] = {}
        self._lookups: dict[bytes, asyncio.Task[OpenSession | None]] = {}
        self._ended: deque[int | None] = deque(maxlen=1000)
        self._away_until = 0.0
        self._seen: set[bytes] = set()
        self._lines = FairQueue(longest=LONGEST_LINE, busy=BUSY)

    async def find(self, token: str, *, address: str | None = None) -> OpenSession | None:
        """Return the open session of a token, or None; `address` is the client's.

        A session verified before stays open while PostgreSQL is away, until its own end; for any
        other, `Unavailable` is raised.
        """
        key = hash_token(token)
        known = self._known.get(key)
        if known and time.monotonic() - known.verified < FRESH_SECONDS:
            return known.session
        try:
            return await self._verify(key, address)
        except Unavailable:
            if known and known.session.ends_at > datetime.now(UTC):
                return known.session
            raise

    def forget(self, session_id: int | None) -> None:
        """Stop knowing a session that has just been ended."""
        self._ended.append(session_id)
        for key, known in list(self._known.items()):
            if known.session.actor.session_id == session_id:
                del self._known[key]

    def forget_all(self) -> None:
        """Look everybody up anew, as somebody's session or token has ended; from any thread."""
        self._era += 1
        self._known.clear()

    async def _verify(self, key: bytes, address: str | None) -> OpenSession | None:
        if time.monotonic() < self._away_until:
            raise Unavailable(engine.AWAY)
        task = self._lookups.get(key)
        if task is None:
            task = self._lookups[key] = asyncio.create_task(self._look_up(key, address))
            task.add_done_callback(lambda _: self._lookups.pop(key, None))
        return await asyncio.shield(task)

    async def _look_up(self, key: bytes, address: str | None) -> OpenSession | None:
        if key in self._seen:
            found = await self._ask_until_current(key, _threads)
        else:
            async with self._lines.turn(throttle.client(address).key, at_once=1):
                found = await self._ask_until_current(key, _strangers)
        self._known.pop(key, None)
        if found is None or found.actor.session_id in self._ended:
            self._seen.discard(key)
            return None
        self._known[key] = _Known(found)
        self._seen.add(key)
        if len(self._known) > MOST_REMEMBERED:
            self._known.pop(next(iter(self._known)))
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.pop()
        return found

    async def _ask_until_current(self, key: bytes, threads: CapacityLimiter) -> OpenSession | None:
        try:
            era = -1
            while era != self._era:  # an answer from before something ended may be outdated
                era = self._era
                found = await anyio.to_thread.run_sync(self._ask, key, limiter=threads)
        except Unavailable:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise
        return found

    def _ask(self, key: bytes) -> OpenSession | None:
        with engine.transaction() as db:
            return self._find_open(db, token_hash=key)
