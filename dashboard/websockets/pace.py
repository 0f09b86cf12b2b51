"""Limits how fast one person's pages run; messages above the limit wait, none is dropped."""

import asyncio
import time
from collections.abc import Hashable
from contextlib import suppress

from dashboard.limits.token_bucket import Bucket

# The burst lets twenty pages load at once. The rate is several times what anybody clicks for long.
MESSAGES_AT_ONCE, MESSAGES_A_SECOND = 40.0, 10.0
# While one page waits for PostgreSQL or DuckDB, another one can draw.
RUNS_AT_ONCE = 2
RUN_SECONDS = 2.0  # a longer run is waiting for something, so it no longer counts


class Pace:
    """Paces the messages and runs of one person's pages, first come, first served."""

    def __init__(self) -> None:
        self._messages = Bucket(MESSAGES_AT_ONCE, time.monotonic())
        self._began: dict[Hashable, float] = {}  # by page
        self._line = asyncio.Lock()
        self._ended = asyncio.Event()

    async def wait(self, page: Hashable, *, is_run: bool) -> bool:
        """Wait until the next message of a page may be handled; return whether it came too fast."""
        async with self._line:
            too_fast = False
            while wait := self._take():
                too_fast = True
                await asyncio.sleep(wait)
            if is_run:
                await self._wait_for_others(page)
                self._began[page] = time.monotonic()
            return too_fast

    def end_run(self, page: Hashable) -> None:
        """Record the end of a page's run, so that the next run can begin."""
        if self._began.pop(page, None) is not None:
            self._ended.set()

    def _take(self) -> float:
        now = time.monotonic()
        return self._messages.take(rate=MESSAGES_A_SECOND, size=MESSAGES_AT_ONCE, now=now)

    async def _wait_for_others(self, page: Hashable) -> None:
        while len(until := self._run_until(page)) >= RUNS_AT_ONCE:
            self._ended.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(until) - time.monotonic()):
                    await self._ended.wait()

    def _run_until(self, page: Hashable) -> list[float]:
        """Return the time until which each run counts; the page's own run does not block it."""
        ends = [began + RUN_SECONDS for each, began in self._began.items() if each is not page]
        return [end for end in ends if end > time.monotonic()]
