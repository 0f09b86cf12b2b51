"""Notices when all worker threads that the routes share are stuck."""

import time

from anyio import CapacityLimiter

PATIENCE_SECONDS = 120.0


class WorkerThreads:
    """Watches a limiter: which tasks hold its tokens, and how long these have not changed."""

    def __init__(self, limiter: CapacityLimiter) -> None:
        self._limiter = limiter
        self._holders: frozenset[object] = frozenset()
        self._since = time.monotonic()

    def trouble(self) -> str | None:
        """Return a message if all threads are busy and none got free for long, else None.

        The number of waiting tasks does not count, as any client can raise it.
        """
        now, statistics = time.monotonic(), self._limiter.statistics()
        holders = frozenset(statistics.borrowers)
        if statistics.borrowed_tokens < statistics.total_tokens or holders != self._holders:
            self._holders, self._since = holders, now
        if now - self._since <= PATIENCE_SECONDS:
            return None
        return f"all {len(holders)} worker threads are stuck"
