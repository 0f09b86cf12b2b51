"""Caches sessions and tokens, so that known people keep access while PostgreSQL is unreachable."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.orm import Session

from core import process
from core.access.hashing import hash_token
from core.db import engine
from core.errors import Unavailable
from core.sign_in import sessions, throttle
from core.sign_in.sessions import OpenSession
from dashboard.limits.fair_queue import FairQueue

FRESH_SECONDS = 1.0  # a page's many requests share one look-up for this long
AWAY_SECONDS = 2.0  # an unreachable database is not asked again for this long
MOST_REMEMBERED = 10_000
LONGEST_LINE = 500
BUSY = "Too many unknown sessions are asked about at once. Please try again in a moment."


class FindOpen(Protocol):
    """A function that looks up a session or API token by the hash of its token."""

    def __call__(self, db: Session, *, token_hash: bytes) -> OpenSession | None:
        """Return the session, or None if it has ended or may not be used."""


@dataclass(frozen=True)
class LookUps:
    """This process's threads for look-ups of sessions and tokens.

    Dedicated, so that look-ups do not queue behind slow responses. Tokens seen before have their
    own, so that they do not queue behind tokens that somebody made up.
    """

    known: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    strangers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))


@dataclass(frozen=True)
class _Known:
    session: OpenSession
    verified: float = field(default_factory=time.monotonic)


class Visitors:
    """A cache of the sessions or API tokens that this process has seen, by token hash.

    `find_open` looks them up; it comes from `sign_in.sessions` or `sign_in.api_tokens`.
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
        """Return the open session of a token, or None; `address` is the client's address.

        While PostgreSQL is unreachable, a session verified before stays open until its known end.
        For any other, it raises `Unavailable`.
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
        """Drop a session that has just ended."""
        self._ended.append(session_id)
        for key, known in list(self._known.items()):
            if known.session.actor.session_id == session_id:
                del self._known[key]

    def forget_all(self) -> None:
        """Drop all sessions, as some session or token was revoked; any thread may call this."""
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
        threads = process.resource(LookUps)
        if key in self._seen:
            found = await self._ask_until_current(key, threads.known)
        else:
            async with self._lines.turn(throttle.client(address).key, at_once=1):
                found = await self._ask_until_current(key, threads.strangers)
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
            while era != self._era:  # repeat if something was revoked during the query
                era = self._era
                found = await anyio.to_thread.run_sync(self._ask, key, limiter=threads)
        except Unavailable:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise
        return found

    def _ask(self, key: bytes) -> OpenSession | None:
        with engine.transaction() as db:
            return self._find_open(db, token_hash=key)
