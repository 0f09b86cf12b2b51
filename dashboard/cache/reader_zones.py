"""The time zones of recent readers: one per person, from the page they opened last."""

import threading
from collections import Counter, OrderedDict

from core.calendar.zones import UTC

PEOPLE = 1_000  # the most recent readers
WARMED = 4  # zones; each costs three queries per new snapshot


class ReaderZones:
    """Counts the zones of the most recent readers; each person counts once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._zones: OrderedDict[int | None, str] = OrderedDict()

    def note(self, person: int | None, zone: str) -> None:
        """Record a person's current zone, in place of their previous one."""
        with self._lock:
            self._zones[person] = zone
            self._zones.move_to_end(person)
            if len(self._zones) > PEOPLE:
                self._zones.popitem(last=False)

    def most_common(self) -> list[str]:
        """Return the most common zones, and UTC, which files and programs use."""
        with self._lock:
            counted = Counter(reversed(self._zones.values()))  # ties: the most recent first
        zones = [zone for zone, _ in counted.most_common(WARMED)]
        return list(dict.fromkeys([*zones, UTC.key]))
