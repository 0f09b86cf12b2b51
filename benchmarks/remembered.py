"""What a browser remembers of an open page from run to run: its timers, and large messages."""

import time
from collections.abc import Collection
from dataclasses import dataclass

KEPT_RUNS = 2  # so long a large message is kept, as by Streamlit's own page


@dataclass
class Timer:
    """A part of the page that is to be run again every so many seconds."""

    interval: float
    due: float


class Remembered:
    """The timers of a page's parts, and the hashes of what the server need not send again."""

    def __init__(self) -> None:
        self._timers: dict[str, Timer] = {}
        self._announced: set[str] = set()
        self._messages: dict[str, tuple[int, str]] = {}  # run and part by hash
        self._parts: frozenset[str] = frozenset()
        self._runs = 0

    @property
    def hashes(self) -> Collection[str]:
        """The hashes of the messages that are kept."""
        return self._messages.keys()

    def begin(self, parts: Collection[str]) -> None:
        """Begin a run of some parts, or of the whole page if none are named."""
        self._parts = frozenset(parts)
        self._announced = set(self._timers) if parts else set()

    def end(self) -> None:
        """End a run: forget the timers of parts that are gone, and messages unused for long."""
        self._timers = {p: timer for p, timer in self._timers.items() if p in self._announced}
        self._runs += 1
        self._messages = {
            key: (run, part)
            for key, (run, part) in self._messages.items()
            if self._runs - run <= KEPT_RUNS or (self._parts and part not in self._parts)
        }

    def keep(self, key: str, part: str) -> None:
        """Keep a message, or note that it was used again."""
        self._messages[key] = (self._runs, part)

    def set_timer(self, part: str, interval: float) -> None:
        """Have a part run every so many seconds, from now on unless it is already."""
        self._announced.add(part)
        known = self._timers.get(part)
        if known is None or known.interval != interval:
            self._timers[part] = Timer(interval, time.monotonic() + interval)

    def stop_timers(self, parts: Collection[str]) -> None:
        """Forget the timers of some parts."""
        for part in parts:
            self._timers.pop(part, None)

    def restart_timer(self, part: str) -> None:
        """Have a part that is run now wait for its next turn."""
        timer = self._timers[part]
        timer.due = time.monotonic() + timer.interval

    def next_timer(self) -> tuple[float, str]:
        """Return when the next timer is due, on the monotonic clock, and of which part it is."""
        return min(((t.due, part) for part, t in self._timers.items()), default=(float("inf"), ""))
