"""Answers that all sessions share: asked for at most once in a while, by one thread at a time."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """The newest answer to one question; while somebody asks anew, the others get the old one."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._kept: tuple[Hashable, float, Answer] | None = None

    def get(self, key: Hashable, ask: Callable[[], Answer], *, seconds: float) -> Answer:
        """Return an answer for `key` that is at most so old, or as old as asking takes."""
        kept = self._kept
        if kept is not None and kept[0] == key and time.monotonic() - kept[1] < seconds:
            return kept[2]
        has_old = kept is not None and kept[0] == key
        if not self._asking.acquire(blocking=not has_old):
            assert kept is not None  # noqa: S101  # else the line above would have waited
            return kept[2]
        try:
            again = self._kept
            if again is not kept and again is not None and again[0] == key:
                return again[2]  # asked by whoever held the lock before
            answer = ask()
            self._kept = (key, time.monotonic(), answer)
            return answer
        finally:
            self._asking.release()

    def forget(self) -> None:
        """Let the next one ask, as something has just changed."""
        self._kept = None
