"""Whether the worker threads that routes share get free, or are all stuck."""

import time

from anyio import CapacityLimiter

PATIENCE_SECONDS = 120.0


class WorkerThreads:
    """Who has the places of a limiter, and since when they are all the same."""

    def __init__(self, limiter: CapacityLimiter) -> None:
        self._limiter = limiter
        self._holders: frozenset[object] = frozenset()
        self._since = time.monotonic()

    def trouble(self) -> str | None:
        """Return in words that all places are taken and none was given back for long, or None.

        How many wait for a place does not matter, as anybody can make that many.
        """
        now, found = time.monotonic(), self._limiter.statistics()
        holders = frozenset(found.borrowers)
        if found.borrowed_tokens < found.total_tokens or holders != self._holders:
            self._holders, self._since = holders, now
        if now - self._since <= PATIENCE_SECONDS:
            return None
        return f"all {len(holders)} worker threads are stuck"
