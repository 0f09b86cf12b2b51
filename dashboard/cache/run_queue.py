"""Turns: pages run one after the other, and persons by turns."""

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

MOST_SECONDS = 2.0  # of waiting for others, who may be held up themselves


class RunQueue:
    """A fair queue: round robin by person, and first come, first served among the runs of one.

    So somebody with many runs waiting keeps another person from running no longer than one of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._runs: Hashable = None  # who runs, or ran last
        self._waiting: OrderedDict[Hashable, deque[threading.Event]] = OrderedDict()

    def enter(self, person: Hashable, *, seconds: float) -> bool:
        """Wait for so long to be the one who runs; tell whether it came to that."""
        with self._lock:
            if not self._busy:
                self._busy, self._runs = True, person
                return True
            called = threading.Event()
            self._waiting.setdefault(person, deque()).append(called)
        if called.wait(seconds):
            return True
        with self._lock:
            if called.is_set():  # between the end of the wait and here
                return True
            self._forget(person, called)
            return False

    def leave(self) -> None:
        """Let the next one run."""
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


class _Own(threading.local):
    """Whether a thread has the line, or is to come back into it once it holds nothing."""

    person: Hashable = None
    alone: bool = False
    is_due: bool = False
    holds: int = 0


_line = RunQueue()
_own = _Own()


@contextmanager
def in_line(person: Hashable = None) -> Iterator[None]:
    """Run the block when nobody else is in it, or after two seconds beside who is.

    Pages that run at once take the interpreter from each other at each of their hundred messages,
    and all of them are late; one after the other, most are done before they would have begun.
    """
    _own.person = person
    _own.alone = _line.enter(person, seconds=MOST_SECONDS)
    try:
        yield
    finally:
        _leave()


@contextmanager
def out_of_line() -> Iterator[None]:
    """Let others go ahead while the block waits, of what `in_line` runs in this thread, if any."""
    was_alone = _leave()
    try:
        yield
    finally:
        if was_alone:
            _own.is_due = True
            _come_back()


@contextmanager
def holding() -> Iterator[None]:
    """Let who steps out of line in the block come back into it after the block, and not before.

    For what holds a lock meanwhile: else one waits for the line with the lock, and another one,
    who has the line, for the lock.
    """
    _own.holds += 1
    try:
        yield
    finally:
        _own.holds -= 1
        _come_back()


def _leave() -> bool:
    was_alone, _own.alone = _own.alone, False
    if was_alone:
        _line.leave()
    return was_alone


def _come_back() -> None:
    if _own.is_due and not _own.holds:
        _own.is_due = False
        _own.alone = _line.enter(_own.person, seconds=MOST_SECONDS)
