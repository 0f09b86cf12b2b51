"""How fast the pages of one person run: what comes faster is read later, and none of it dropped."""

import asyncio
import time
from collections.abc import Hashable
from contextlib import suppress

from dashboard.limits.token_bucket import Bucket

# Twenty pages that load at once, and then several times as fast as anybody clicks for long.
MESSAGES_AT_ONCE, MESSAGES_A_SECOND = 40.0, 10.0
# One page waits for PostgreSQL or DuckDB, and the other one draws.
RUNS_AT_ONCE = 2
RUN_SECONDS = 2.0  # a run that takes longer waits for something, and keeps no other one waiting


class Pace:
    """The messages and runs of one person's pages; first come, first served."""

    def __init__(self) -> None:
        self._messages = Bucket(MESSAGES_AT_ONCE, time.monotonic())
        self._began: dict[Hashable, float] = {}  # by page
        self._line = asyncio.Lock()
        self._ended = asyncio.Event()

    async def wait(self, page: Hashable, *, is_run: bool) -> bool:
        """Return when the next message of a page may be handled; tell whether that is too fast."""
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
        """Let the next run of the person begin."""
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
        """Return until when each run of another page counts; a page that runs may run again."""
        ends = [began + RUN_SECONDS for each, began in self._began.items() if each is not page]
        return [end for end in ends if end > time.monotonic()]
