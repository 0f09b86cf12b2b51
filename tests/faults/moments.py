"""When something happens to a refresh: a time, a step, or just before it changes a folder."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from etl.run.run_log import Record

# What Python tells of before it happens; `os.replace` is a rename here, and `rmtree` a removal.
CHANGES = frozenset(
    {"os.mkdir", "os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.truncate"}
)

_watchers: list[Callable[[str, tuple[object, ...]], None]] = []


@dataclass(frozen=True)
class Moment:
    """`seconds` after the step named `step` began, or, with `change`, before that many changes.

    `step` may be "begin": then the seconds count from the start of the refresh.
    """

    step: str = "begin"
    seconds: float = 0.0
    change: int | None = None

    def __str__(self) -> str:
        if self.change is not None:
            return f"before change {self.change} of the folder"
        return f"{self.seconds * 1000:.0f} ms into {self.step}"


@contextmanager
def before_change(
    root: Path, change: int | str | None, happen: Callable[[str], None]
) -> Iterator[None]:
    """Let something happen once in the block, just before names under `root` are changed.

    `change` is a number, counted from 1, or words that tell of the change, such as
    "os.rename staging"; None stands for never. A file that is made counts too. What happens is told
    which change it is, and may raise: then the change fails with that.
    """
    seen, over = 0, change is None

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen, over
        if over or not _changes(event, arguments, str(root)):
            return
        seen += 1
        over = change == seen or (isinstance(change, str) and _tells(change, event, arguments))
        if over:
            happen(event)

    _listen()
    _watchers.append(watch)
    try:
        yield
    finally:
        _watchers.remove(watch)


@contextmanager
def at_step(name: str | None, happen: Callable[[str], None]) -> Iterator[None]:
    """Let something happen in the block as the step of that name begins."""
    step = Record.step

    @contextmanager
    def noticed(self: Record, begun: str, *arguments: Any, **options: Any) -> Iterator[None]:
        with step(self, begun, *arguments, **options):
            if begun == name:
                happen(begun)
            yield

    Record.step = noticed  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Record.step = step  # type: ignore[method-assign]


def signal_self(number: int) -> Callable[[str], None]:
    """Return what sends this process a signal."""
    return lambda _: os.kill(os.getpid(), number)


@lru_cache
def _listen() -> None:
    """Hear of everything Python does from now on; there is no way to stop that."""
    sys.addaudithook(_tell)


def _tell(event: str, arguments: tuple[object, ...]) -> None:
    for watch in tuple(_watchers):
        watch(event, arguments)


def _tells(words: str, event: str, arguments: tuple[object, ...]) -> bool:
    return all(word in f"{event} {arguments}" for word in words.split())


def _changes(event: str, arguments: tuple[object, ...], root: str) -> bool:
    if event == "open":
        path, _, flags = arguments
        return isinstance(flags, int) and bool(flags & os.O_CREAT) and _within(path, root)
    return event in CHANGES and any(_within(path, root) for path in arguments[:2])


def _within(path: object, root: str) -> bool:
    return isinstance(path, str | Path) and str(path).startswith(root)
