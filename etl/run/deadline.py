"""What bounds a refresh: a stop that somebody asked for, a deadline, and a pace."""

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
    """A stop event, a deadline in seconds on the monotonic clock, and a pace unless in a hurry."""

    stop: threading.Event
    deadline: float
    pace: Pace | None = None

    @property
    def over(self) -> bool:
        """Whether it is time to give up."""
        return self.stop.is_set() or time.monotonic() > self.deadline

    def check(self) -> None:
        """Raise `Unavailable` when it is time to give up."""
        if self.stop.is_set():
            raise Unavailable(STOPPED)
        if self.over:
            raise Unavailable(TOO_LATE)

    def run(self, work: Callable[[], Result], *, interrupt: Callable[[], object]) -> Result:
        """Return what `work` returns; call `interrupt` while it still runs past the limits.

        The work is done in another thread: Python handles signals only in the main one, and not
        while that waits inside a database driver.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="refresh") as pool:
            future = pool.submit(copy_context().run, work)
            while not wait([future], timeout=WATCH_SECONDS).done:
                if self.over:  # again and again: an interrupt before the query starts is lost
                    interrupt()
            return future.result()
