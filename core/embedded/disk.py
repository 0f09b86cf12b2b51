"""Room on the disks that Tally writes to."""

import os
from pathlib import Path

MEGABYTE = 1_000_000
FULL_BYTES = 16 * MEGABYTE  # PostgreSQL's log grows by so much at a time
LOW_BYTES = 256 * MEGABYTE


def free_bytes(path: Path) -> int:
    """Return how many bytes may still be written at a path, 0 where no name can be added.

    Looks at the nearest folder that exists. Raises `OSError` when even that cannot be asked.
    """
    folder = next(each for each in (path, *path.parents) if each.exists())
    found = os.statvfs(folder)
    if found.f_files and not found.f_favail:
        return 0
    return found.f_bavail * found.f_frsize


def is_full(path: Path) -> bool:
    """Tell whether there is too little room at a path for a database to go on."""
    try:
        return free_bytes(path) < FULL_BYTES
    except OSError:
        return False
