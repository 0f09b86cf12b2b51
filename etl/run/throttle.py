"""How much of PostgreSQL an automatic refresh takes: a little in the long run, a burst at once."""

import threading
import time
from collections.abc import Callable
from functools import lru_cache

BURST_SECONDS = 3.0  # a refresh after few changes needs less, and so never waits


class Pace:
    """A token bucket of seconds in which connections are busy, shared by all who export.

    It fills by `share` seconds in a second, up to `burst`; who takes more has to rest until it is
    filled again. `clock` returns seconds and never goes back.
    """

    def __init__(
        self,
        share: float,
        *,
        burst: float = BURST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._filled = clock()
        self._taking = threading.Lock()

    def take(self, busy: float) -> float:
        """Take so many busy seconds out; return for how many seconds to rest now, mostly 0."""
        with self._taking:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._filled) * self._share) - busy
            self._filled = now
            return max(-self._left / self._share, 0.0)


@lru_cache(maxsize=1)
def automatic(share: float) -> Pace | None:
    """Return the pace of this process's automatic refreshes; None does not hold them back."""
    return Pace(share) if share < 1 else None
