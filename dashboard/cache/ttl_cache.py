"""A cache for one value with a time to live, refreshed by one thread at a time."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """The latest value for one key; while one thread refreshes it, the others get the old one."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._kept: tuple[Hashable, float, Answer] | None = None

    def get(self, key: Hashable, ask: Callable[[], Answer], *, seconds: float) -> Answer:
        """Return a value for `key` that is at most `seconds` old, or call `ask` for a new one.

        While another thread calls `ask`, an older value is returned if there is one.
        """
        kept = self._kept
        if kept is not None and kept[0] == key and time.monotonic() - kept[1] < seconds:
            return kept[2]
        has_old = kept is not None and kept[0] == key
        if not self._asking.acquire(blocking=not has_old):
            assert kept is not None  # noqa: S101  # otherwise acquire() would have blocked
            return kept[2]
        try:
            again = self._kept
            if again is not kept and again is not None and again[0] == key:
                return again[2]  # refreshed by the thread that held the lock before
            answer = ask()
            self._kept = (key, time.monotonic(), answer)
            return answer
        finally:
            self._asking.release()

    def forget(self) -> None:
        """Drop the value, as something has just changed."""
        self._kept = None
