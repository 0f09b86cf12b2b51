"""The limits of a refresh: a stop event, a deadline, and a pace."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from core.errors import Unavailable
from etl.run.throttle import Pace

Result = TypeVar("Result")
WATCH_SECONDS = 0.1
STOPPED = "The refresh was stopped before it ended. The last snapshot stays in use."
TOO_LATE = "The refresh took longer than it may, so it was stopped. The last snapshot stays in use."


@dataclass(frozen=True)
class Limits:
    """A stop event, a deadline on the monotonic clock, and a pace, if the refresh is throttled."""

    stop: threading.Event
    deadline: float
    pace: Pace | None = None

    @property
    def over(self) -> bool:
        """Whether the refresh must end now."""
        return self.stop.is_set() or time.monotonic() > self.deadline

    def check(self) -> None:
        """Raise `Unavailable` if the refresh must end now."""
        if self.stop.is_set():
            raise Unavailable(STOPPED)
        if self.over:
            raise Unavailable(TOO_LATE)

    def run(self, work: Callable[[], Result], *, interrupt: Callable[[], object]) -> Result:
        """Return the result of `work`; once the limits are over, call `interrupt` until it ends.

        The work runs in another thread: Python handles signals only in the main thread, and not
        while that thread is blocked inside a database driver.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="refresh") as pool:
            future = pool.submit(copy_context().run, work)
            while not wait([future], timeout=WATCH_SECONDS).done:
                if self.over:  # repeatedly, as an interrupt before the query starts has no effect
                    interrupt()
            return future.result()
