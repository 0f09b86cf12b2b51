"""A snapshot in use: as long as somebody holds a lease of it, it is not pruned."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.snapshots.manifest import MANIFEST


@contextmanager
def leased(folder: Path) -> Iterator[None]:
    """Hold a lease during the block; raise `OSError` when the snapshot is not there."""
    descriptor = take(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def take(folder: Path) -> int:
    """Take a lease, which is a shared lock on the manifest; return the descriptor that ends it."""
    descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor
