"""Tracks the page runs under way, and notices when several hang and none ends."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 3  # fewer hanging pages are no reason to restart the process
PATIENCE_SECONDS = 120.0


class PageRuns:
    """The page runs under way in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[object, float] = {}
        self._ended = time.monotonic()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count the block as a page run."""
        run = object()
        with self._lock:
            self._begun[run] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._begun[run]
                self._ended = time.monotonic()

    def trouble(self) -> str | None:
        """Return a message if several runs began long ago and none has ended since, else None."""
        long_ago = time.monotonic() - PATIENCE_SECONDS
        with self._lock:
            stuck = sum(begun < long_ago for begun in self._begun.values())
            if stuck < MANY or self._ended >= long_ago:
                return None
        return f"{stuck} runs of pages hang, and none has ended for {PATIENCE_SECONDS:.0f} s"
