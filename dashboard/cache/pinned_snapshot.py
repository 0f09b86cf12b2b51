"""Which snapshot pages show: the newest that is ready, and all through a run the same one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from core.settings import get_settings
from core.snapshots import reader
from core.snapshots.reader import Snapshot

KNOWN_SECONDS = 5.0  # so long what is ready is taken for the newest


@dataclass(frozen=True)
class _Ready:
    """A snapshot, and when it was last found to be the newest one, on the monotonic clock."""

    snapshot: Snapshot
    found: float

    def is_known(self, root: Path) -> bool:
        lately = time.monotonic() - self.found < KNOWN_SECONDS
        return lately and self.snapshot.folder.is_relative_to(root)


_ready: _Ready | None = None
_pinned: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def pinned(snapshot: Snapshot | None) -> Iterator[None]:
    """Let everything in the block show one snapshot, also when a newer one appears meanwhile."""
    token = _pinned.set(snapshot)
    try:
        yield
    finally:
        _pinned.reset(token)


def snapshot() -> Snapshot:
    """Return the snapshot that this run shows; raise `Unavailable` when there is none."""
    return _pinned.get() or newest()


def offer(snapshot: Snapshot | None) -> None:
    """Let pages show this snapshot from now on, as it is ready; to be said again in time."""
    global _ready
    _ready = None if snapshot is None else _Ready(snapshot, time.monotonic())


def newest() -> Snapshot:
    """Return the newest snapshot that is ready to be shown; raise `Unavailable` without any."""
    ready, root = _ready, get_settings().parquet_path.resolve()
    if ready is not None and ready.is_known(root):
        return ready.snapshot
    return reader.current()
