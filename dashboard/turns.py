"""Turns: pages one after the other, and what nobody waits for only so often."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_SECONDS = 2.0  # of waiting for others, who may be held up themselves

_line = threading.Semaphore()
_own = threading.local()


@contextmanager
def in_line() -> Iterator[None]:
    """Run the block when nobody else is in it, or after two seconds beside who is.

    Pages that run at once take the interpreter from each other at each of their hundred messages,
    and all of them are late; one after the other, most are done before they would have begun.
    """
    _own.alone = _line.acquire(timeout=MOST_SECONDS)
    try:
        yield
    finally:
        _leave()


@contextmanager
def out_of_line() -> Iterator[None]:
    """Let others go ahead while the block waits, of what `in_line` runs in this thread, if any."""
    was_alone = _leave()
    try:
        yield
    finally:
        if was_alone:
            _own.alone = _line.acquire(timeout=MOST_SECONDS)


def _leave() -> bool:
    was_alone: bool = getattr(_own, "alone", False)
    _own.alone = False
    if was_alone:
        _line.release()
    return was_alone


class Turns:
    """One turn every so many seconds, for whoever comes first after it."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next = clock()
        self._taking = threading.Lock()

    def take(self) -> bool:
        """Take a turn; return False when there is none yet, for the caller to come again."""
        with self._taking:
            now = self._clock()
            if now < self._next:
                return False
            self._next = now + self._seconds
            return True
