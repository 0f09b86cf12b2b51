"""The run queue: pages run one after the other, and people take turns."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

MOST_SECONDS = 2.0  # of waiting for others, who may be held up themselves
Result = TypeVar("Result")


@dataclass
class _Slot:
    """The slot of one run, and whether the run is in it now."""

    person: Hashable
    seconds: float
    is_taken: bool = False


class _Own(threading.local):
    """What a thread knows of its own run."""

    slot: _Slot | None = None


class RunQueue:
    """One slot, round robin by person, and first come, first served among the runs of one.

    So somebody with many runs waiting keeps another person from running no longer than one of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._runs: Hashable = None  # who runs, or ran last
        self._waiting: OrderedDict[Hashable, deque[threading.Event]] = OrderedDict()
        self._own = _Own()

    @contextmanager
    def slot(self, person: Hashable = None, *, seconds: float = MOST_SECONDS) -> Iterator[bool]:
        """Run the block alone, or after so many seconds of waiting beside others; yield which.

        Pages that run at once take the interpreter from each other at each of their hundred
        messages, and all of them are late; one after the other, most are done before they would
        have begun. Raises `RuntimeError` inside of another slot of this thread.
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
        """Tell whether this thread is in the slot, so that others wait for it."""
        return self._own.slot is not None and self._own.slot.is_taken

    def outside(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, out of this thread's slot, if it is in one.

        Never call it with a lock that others take in the slot: one would wait for the slot with the
        lock, and another one, who is in the slot, for the lock.
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
        """Return how many runs wait for the slot."""
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
            if called.is_set():  # between the end of the wait and here
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


run_queue = RunQueue()
