"""Limits how much an automatic refresh uses PostgreSQL: a small share, after a short burst."""

import threading
import time
from collections.abc import Callable

from core import process
from core.settings import get_settings

BURST_SECONDS = 3.0  # a refresh after few changes needs less, so it is never slowed down


class Pace:
    """A token bucket of seconds in which connections are busy, shared by all export workers.

    It gains `share` seconds per second, up to `burst`. A worker that overdraws it has to rest until
    the balance is positive again. `clock` returns monotonic seconds.
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
        """Withdraw busy seconds; return for how many seconds to rest now, usually 0."""
        with self._taking:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._filled) * self._share) - busy
            self._filled = now
            return max(-self._left / self._share, 0.0)


class AutomaticPace(Pace):
    """The pace that all automatic refreshes of this process share, by the setting REFRESH_SHARE."""

    def __init__(self) -> None:
        super().__init__(get_settings().refresh_share)


def automatic() -> Pace | None:
    """Return the pace of this process's automatic refreshes; None is unlimited."""
    return process.resource(AutomaticPace) if get_settings().refresh_share < 1 else None
