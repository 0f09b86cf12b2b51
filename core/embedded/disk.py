"""Free space on the disks that Tally writes to."""

import os
from pathlib import Path

MEGABYTE = 1_000_000
FULL_BYTES = 16 * MEGABYTE  # PostgreSQL's write-ahead log grows in segments of this size
LOW_BYTES = 256 * MEGABYTE


def free_bytes(path: Path) -> int:
    """Return how many bytes can still be written at a path; 0 if the disk has no free inode.

    A path that does not exist yet is measured at its nearest existing parent. Raises `OSError`.
    """
    folder = next(each for each in (path, *path.parents) if each.exists())
    stats = os.statvfs(folder)
    if stats.f_files and not stats.f_favail:
        return 0
    return stats.f_bavail * stats.f_frsize


def is_full(path: Path) -> bool:
    """Tell whether the disk at a path has too little space for a database to keep running."""
    try:
        return free_bytes(path) < FULL_BYTES
    except OSError:
        return False
