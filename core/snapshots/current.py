"""Changes the symlinks to the current snapshot: durably, and by one process at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.embedded import private_files
from core.errors import Unavailable

LOCK = ".publishing"
POLL_SECONDS = 0.05
BLOCKED = (
    "Another process has begun to publish a snapshot and does not go on, so this one was dropped. "
    "The last snapshot stays in use."
)


@contextmanager
def publishing(root: Path, *, patience: float) -> Iterator[None]:
    """Hold the lock on the snapshot folder's symlinks.

    Raises `Unavailable` if another process does not release it within `patience` seconds.
    """
    descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, patience)
        yield
    finally:
        os.close(descriptor)


def link(root: Path, name: str, target: str) -> None:
    """Replace a symlink atomically, so that it exists at every moment."""
    with suppress(OSError):
        if str((root / name).readlink()) == target:
            return
    new = root / f".current.{name}"
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(root / name)


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and fsync it."""
    with os.fdopen(private_files.create(path), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise Unavailable(BLOCKED) from None
            time.sleep(POLL_SECONDS)
