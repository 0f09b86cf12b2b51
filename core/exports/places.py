"""Places for what takes long: so many for all, and so many of them for one person."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import TooMany, Unavailable

TRY_AGAIN_SECONDS = 10


@dataclass
class Places:
    """`most` places in all, `each` of them for one person; `busy` and `own` say which are taken.

    They are of this process alone: with several of them, each has as many.
    """

    most: int
    each: int
    busy: str
    own: str
    _taken: Counter[Hashable] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def taken(self, person: Hashable) -> Iterator[None]:
        """Keep a place for the length of the block; raise `TooMany` or `Unavailable`."""
        with self._lock:
            self.check(person)
            self._taken[person] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[person] -= 1
                self._taken += Counter()  # which drops who has none

    def check(self, person: Hashable) -> None:
        """Raise `TooMany` when the person has no place left, `Unavailable` when nobody has."""
        if self._taken[person] >= self.each:
            raise TooMany(self.own, seconds=TRY_AGAIN_SECONDS)
        if self._taken.total() >= self.most:
            raise Unavailable(self.busy)
