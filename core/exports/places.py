"""Limits how many long operations run at once, in total and per person."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import TooMany, Unavailable

TRY_AGAIN_SECONDS = 10


@dataclass
class Places:
    """A semaphore with `most` places in total and `each` per person.

    `busy` and `own` are the messages when all places, or all of one person, are taken. It counts
    only this process: with several processes, each has as many places.
    """

    most: int
    each: int
    busy: str
    own: str
    _taken: Counter[Hashable] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def taken(self, person: Hashable) -> Iterator[None]:
        """Hold a place for the duration of the block; raise `TooMany` or `Unavailable`."""
        with self._lock:
            self.check(person)
            self._taken[person] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[person] -= 1
                self._taken += Counter()  # drops the counts that are 0

    def check(self, person: Hashable) -> None:
        """Raise `TooMany` if the person has no place left, `Unavailable` if all are taken."""
        if self._taken[person] >= self.each:
            raise TooMany(self.own, seconds=TRY_AGAIN_SECONDS)
        if self._taken.total() >= self.most:
            raise Unavailable(self.busy)
