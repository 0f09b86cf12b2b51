"""The run queue: pages run one after the other, and people take turns."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

MOST_SECONDS = 2.0  # a run waits this long at most, as the others may be held up themselves
Result = TypeVar("Result")


@dataclass
class _Slot:
    """One run's claim on the slot, and whether the run holds the slot now."""

    person: Hashable
    seconds: float
    is_taken: bool = False


class _Own(threading.local):
    """The claim of the current thread's run."""

    slot: _Slot | None = None


class RunQueue:
    """One slot for all runs: round robin between people, first come first served for each person.

    So a person with many waiting runs delays another person by one run at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._runs: Hashable = None  # who runs, or ran last
        self._waiting: OrderedDict[Hashable, deque[threading.Event]] = OrderedDict()
        self._own = _Own()

    @contextmanager
    def slot(self, person: Hashable = None, *, seconds: float = MOST_SECONDS) -> Iterator[bool]:
        """Run the block alone; after `seconds` of waiting, run it next to others. Yields which.

        Pages that run concurrently take the interpreter lock from each other at each of their
        hundred messages, and all are late. In sequence, most are done before they would otherwise
        have started. Raises `RuntimeError` if this thread has a slot already.
        """
        if self._own.slot is not None:
            raise RuntimeError("A run has one slot.")
        slot = self._own.slot = _Slot(person, seconds)
        try:
            slot.is_taken = self._enter(slot)
            yield slot.is_taken
        finally:
            self._own.slot = None
            if slot.is_taken:
                self._leave()

    def is_mine(self) -> bool:
        """Tell whether this thread holds the slot."""
        return self._own.slot is not None and self._own.slot.is_taken

    def outside(self, work: Callable[[], Result]) -> Result:
        """Release the slot while `work` runs, then take it again; return the result.

        Never call this while holding a lock that others take inside the slot: that would be a
        deadlock.
        """
        slot = self._own.slot
        if slot is None or not slot.is_taken:
            return work()
        slot.is_taken = False
        self._leave()
        try:
            return work()
        finally:
            slot.is_taken = self._enter(slot)

    def waiting(self) -> int:
        """Return the number of runs that wait for the slot."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    def _enter(self, slot: _Slot) -> bool:
        with self._lock:
            if not self._busy:
                self._busy, self._runs = True, slot.person
                return True
            called = threading.Event()
            self._waiting.setdefault(slot.person, deque()).append(called)
        if called.wait(slot.seconds):
            return True
        with self._lock:
            if called.is_set():  # it was called after the wait had timed out
                return True
            self._forget(slot.person, called)
            return False

    def _leave(self) -> None:
        with self._lock:
            if not self._waiting:
                self._busy = False
                return
            self._runs = next((who for who in self._waiting if who != self._runs), self._runs)
            called = self._waiting[self._runs][0]
            self._waiting.move_to_end(self._runs)
            self._forget(self._runs, called)
            called.set()

    def _forget(self, person: Hashable, called: threading.Event) -> None:
        self._waiting[person].remove(called)
        if not self._waiting[person]:
            del self._waiting[person]
