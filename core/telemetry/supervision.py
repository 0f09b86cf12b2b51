"""Work that goes on for as long as Tally runs: no exception ends more than its own round."""

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
    """What goes wrong in one piece of work, in the log once an hour for each kind.

    A kind is a class of exception and where it was raised.
    """

    def __init__(self, work: str) -> None:
        self.work = work
        self._logged: dict[tuple[str, str, int], float] = {}

    @contextmanager
    def contained(self) -> Iterator[None]:
        """Let nothing out that the block raises, but a cancellation and Ctrl-C."""
        try:
            yield
        # Whatever it is: Polars' panics, for one, are no `Exception`, and to go on is always right
        # here, as the next round starts anew. No other place in Tally catches everything.
        except BaseException as error:
            filters = isinstance(error, asyncio.CancelledError) and _is_cancelled()
            if filters or isinstance(error, KeyboardInterrupt | GeneratorExit):
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
    """Something done again and again, `every` so many seconds, and less often while it fails.

    It is in trouble when it has ended, or has made no progress for `patience` seconds and one query
    more. A round that fails is progress: to start the process anew would not mend it.
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
        """Do the work round by round, until cancelled."""
        failed = 0
        with self.going():
            while not _is_cancelled():
                failed += 1  # unless the round comes to its end
                with self.failures.contained():
                    await work()
                    failed = 0
                self.progress()
                seconds = self._every * 2 ** min(failed, 10)
                await asyncio.sleep(min(seconds, max(self._every, SLOWEST_SECONDS)))

    @contextmanager
    def going(self) -> Iterator[None]:
        """Tell that the work goes on in the block, and has ended after it."""
        self._goes = True
        self.progress()
        try:
            yield
        finally:
            self._goes = False

    def progress(self) -> None:
        """Tell that the work has come one step further; from any thread."""
        self._progress = time.monotonic()

    def trouble(self) -> str | None:
        """Return in words what keeps the work from going on, or None."""
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
    """Let tasks go on beside the block, until its end; what ends one of them ends nothing else.

    A task group would end the block and all others.
    """
    tasks = [asyncio.create_task(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_cancelled() -> bool:
    """Tell whether somebody wants the present task to end; a thread without a loop has none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0
