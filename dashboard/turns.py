"""Turns: pages run one after the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_SECONDS = 2.0  # of waiting for others, who may be held up themselves


class _Own(threading.local):
    """Whether a thread has the line, or is to come back into it once it holds nothing."""

    alone: bool = False
    is_due: bool = False
    holds: int = 0


_line = threading.Semaphore()
_own = _Own()


@contextmanager
def in_line() -> Iterator[None]:
    """Run the block when nobody else is in it, or after two seconds beside who is.

    Pages that run at once take the interpreter from each other at each of their hundred messages,
    and all of them are late; one after the other, most are done before they would have begun.
    """
    _own.alone = _line.acquire(timeout=MOST_SECONDS)
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
        _line.release()
    return was_alone


def _come_back() -> None:
    if _own.is_due and not _own.holds:
        _own.is_due = False
        _own.alone = _line.acquire(timeout=MOST_SECONDS)
