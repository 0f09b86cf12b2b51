"""Background work that runs as long as Tally: an exception ends one round, never the work."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from traceback import walk_tb
from typing import Any

from core.settings import get_settings

LOGGED_AGAIN_SECONDS = 3600.0
SLOWEST_SECONDS = 30.0  # between two rounds, however many have failed
PATIENCE_SECONDS = 120.0

log = logging.getLogger(__name__)


class Failures:
    """Logs the failures of one piece of work, each kind at most once an hour.

    A kind is the class of the exception and the line that raised it.
    """

    def __init__(self, work: str) -> None:
        self.work = work
        self._logged: dict[tuple[str, str, int], float] = {}

    @contextmanager
    def contained(self) -> Iterator[None]:
        """Log whatever the block raises and go on; only cancellation and Ctrl-C pass."""
        try:
            yield
        # BaseException, as a panic in Polars is no `Exception`. Going on is always right here: the
        # next round starts from scratch. No other place in Tally catches everything.
        except BaseException as error:
            is_asked_to_end = isinstance(error, asyncio.CancelledError) and _is_cancelled()
            if is_asked_to_end or isinstance(error, KeyboardInterrupt | GeneratorExit):
                raise
            self._note(error)

    def _note(self, error: BaseException) -> None:
        *_, (frame, line) = walk_tb(error.__traceback__)
        kind = (type(error).__name__, frame.f_code.co_filename, line)
        now = time.monotonic()
        if now - self._logged.get(kind, -LOGGED_AGAIN_SECONDS) >= LOGGED_AGAIN_SECONDS:
            self._logged[kind] = now
            log.error("%s failed, and goes on.", self.work, exc_info=error)


class Watcher:
    """Repeats work `every` given seconds, less often while it fails, and knows whether it hangs.

    It is in trouble if it has ended, or has made no progress for `patience` seconds plus the time
    limit of a query. A round that fails is progress: restarting the process would not help.
    """

    def __init__(
        self, work: str, *, every: float = 0.0, patience: float = PATIENCE_SECONDS
    ) -> None:
        self.work = work
        self.failures = Failures(work)
        self._every = every
        self._patience = patience
        self._goes: bool | None = None  # it has not begun
        self._progress = time.monotonic()

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Repeat the work until cancelled."""
        failed = 0
        with self.going():
            while not _is_cancelled():
                failed += 1  # reset below if the round succeeds
                with self.failures.contained():
                    await work()
                    failed = 0
                self.progress()
                seconds = self._every * 2 ** min(failed, 10)
                await asyncio.sleep(min(seconds, max(self._every, SLOWEST_SECONDS)))

    @contextmanager
    def going(self) -> Iterator[None]:
        """Report the work as running inside the block, and as ended after it."""
        self._goes = True
        self.progress()
        try:
            yield
        finally:
            self._goes = False

    def progress(self) -> None:
        """Report progress; any thread may call this."""
        self._progress = time.monotonic()

    def trouble(self) -> str | None:
        """Return a sentence about why the work does not go on, or None if it does."""
        if self._goes is None:
            return None
        if not self._goes:
            return f"{self.work} has ended"
        idle = time.monotonic() - self._progress
        if idle <= self._patience + get_settings().query_timeout_seconds:
            return None
        return f"{self.work} has come no further for {idle:.0f} s"


@asynccontextmanager
async def going_on(*works: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run tasks beside the block and cancel them at its end; one that fails ends nothing else.

    A task group would cancel the block and the other tasks.
    """
    tasks = [asyncio.create_task(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_cancelled() -> bool:
    """Tell whether the current task was asked to end; False in a thread without an event loop."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0
