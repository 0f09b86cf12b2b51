"""The snapshot that pages show: the newest one that is ready, pinned for the length of a run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from core import process
from core.settings import get_settings
from core.snapshots import reader
from core.snapshots.reader import Snapshot

KNOWN_SECONDS = 5.0  # an offered snapshot counts as the newest for this long


@dataclass(frozen=True)
class _Ready:
    """A snapshot that is ready, and when it was last known to be the newest (monotonic clock)."""

    snapshot: Snapshot
    found: float

    def is_known(self, root: Path) -> bool:
        lately = time.monotonic() - self.found < KNOWN_SECONDS
        return lately and self.snapshot.folder.is_relative_to(root)


@dataclass
class Offered:
    """The snapshot that this process made ready for its pages, if any."""

    ready: _Ready | None = None


_pinned: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def pinned(snapshot: Snapshot | None) -> Iterator[None]:
    """Pin one snapshot for the block, even if a newer one appears meanwhile."""
    token = _pinned.set(snapshot)
    try:
        yield
    finally:
        _pinned.reset(token)


def snapshot() -> Snapshot:
    """Return the snapshot that this run shows; raise `Unavailable` if there is none."""
    return _pinned.get() or newest()


def offer(snapshot: Snapshot | None) -> None:
    """Let pages show this snapshot, as it is ready; the offer holds for `KNOWN_SECONDS`."""
    ready = None if snapshot is None else _Ready(snapshot, time.monotonic())
    process.resource(Offered).ready = ready


def newest() -> Snapshot:
    """Return the newest snapshot that is ready; raise `Unavailable` if there is none."""
    ready, root = process.resource(Offered).ready, get_settings().parquet_path.resolve()
    if ready is not None and ready.is_known(root):
        return ready.snapshot
    return reader.current()
