"""The state that a browser keeps for an open page between runs: timers, and large messages."""

import time
from collections.abc import Collection
from dataclasses import dataclass

KEPT_RUNS = 2  # runs for which a large message is kept, as in Streamlit's front end


@dataclass
class Timer:
    """A part of the page (a fragment) that reruns at an interval in seconds."""

    interval: float
    due: float


class Remembered:
    """The timers of a page's fragments, and the hashes of messages that need not be sent again."""

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
        """Begin a run of some fragments, or of the whole page if none are given."""
        self._parts = frozenset(parts)
        self._announced = set(self._timers) if parts else set()

    def end(self) -> None:
        """End a run: drop the timers of removed fragments, and messages that expired."""
        self._timers = {p: timer for p, timer in self._timers.items() if p in self._announced}
        self._runs += 1
        self._messages = {
            key: (run, part)
            for key, (run, part) in self._messages.items()
            if self._runs - run <= KEPT_RUNS or (self._parts and part not in self._parts)
        }

    def keep(self, key: str, part: str) -> None:
        """Store a message, or record that it was used again."""
        self._messages[key] = (self._runs, part)

    def set_timer(self, part: str, interval: float) -> None:
        """Start the timer of a fragment, unless it is running."""
        self._announced.add(part)
        known = self._timers.get(part)
        if known is None or known.interval != interval:
            self._timers[part] = Timer(interval, time.monotonic() + interval)

    def stop_timers(self, parts: Collection[str]) -> None:
        """Drop the timers of some fragments."""
        for part in parts:
            self._timers.pop(part, None)

    def restart_timer(self, part: str) -> None:
        """Restart the timer of a fragment that runs now."""
        timer = self._timers[part]
        timer.due = time.monotonic() + timer.interval

    def next_timer(self) -> tuple[float, str]:
        """Return the monotonic time of the next timer, and its fragment."""
        return min(((t.due, part) for part, t in self._timers.items()), default=(float("inf"), ""))
