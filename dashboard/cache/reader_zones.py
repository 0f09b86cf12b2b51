"""In which time zones people look: one zone a person, that of the page they opened last."""

import threading
from collections import Counter, OrderedDict

from core.calendar.zones import UTC

PEOPLE = 1_000  # who looked last
WARMED = 4  # zones: each costs three questions when there is a new snapshot


class ReaderZones:
    """The zones of those who looked last; nobody counts twice, whatever their browsers say."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._zones: OrderedDict[int | None, str] = OrderedDict()

    def note(self, person: int | None, zone: str) -> None:
        """Remember which zone somebody looked in, instead of the one before."""
        with self._lock:
            self._zones[person] = zone
            self._zones.move_to_end(person)
            if len(self._zones) > PEOPLE:
                self._zones.popitem(last=False)

    def most_common(self) -> list[str]:
        """Return the zones of most people, and UTC, which files and programs are told."""
        with self._lock:
            counted = Counter(reversed(self._zones.values()))  # the latest first among equals
        found = [zone for zone, _ in counted.most_common(WARMED)]
        return list(dict.fromkeys([*found, UTC.key]))


reader_zones = ReaderZones()
