"""When something happens to a refresh: a time, a step, or just before it changes a folder."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# What Python tells of before it happens; `os.replace` is a rename here, and `rmtree` a removal.
CHANGES = frozenset(
    {"os.mkdir", "os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.truncate"}
)


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


def before_change(root: Path, change: int | str, happen: Callable[[], None]) -> None:
    """Let something happen once, just before the refresh changes names under `root`.

    `change` is a number, counted from 1, or words that tell of the change, such as
    "os.rename staging". A file that is made counts too. It cannot be undone: for child processes.
    """
    seen, over = 0, False

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen, over
        if over or not _changes(event, arguments, str(root)):
            return
        seen += 1
        over = change == seen or (isinstance(change, str) and _tells(change, event, arguments))
        if over:
            happen()

    sys.addaudithook(watch)


def signal_before_change(root: Path, change: int | str, what: int = signal.SIGKILL) -> None:
    """Send this process a signal just before it changes names under `root`."""
    before_change(root, change, lambda: os.kill(os.getpid(), what))


def _tells(words: str, event: str, arguments: tuple[object, ...]) -> bool:
    return all(word in f"{event} {arguments}" for word in words.split())


def _changes(event: str, arguments: tuple[object, ...], root: str) -> bool:
    if event == "open":
        path, _, flags = arguments
        return isinstance(flags, int) and bool(flags & os.O_CREAT) and _within(path, root)
    return event in CHANGES and any(_within(path, root) for path in arguments[:2])


def _within(path: object, root: str) -> bool:
    return isinstance(path, str | Path) and str(path).startswith(root)
