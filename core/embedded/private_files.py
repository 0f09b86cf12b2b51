"""Files and folders that no other account can read, but a group if a setting says so."""

import os
from contextlib import suppress
from pathlib import Path

from core.settings import get_settings

GROUP_READS = 0o040
GROUP_PASSES = 0o050


def create(path: Path) -> int:
    """Make a new file, and return its descriptor for writing; raise `FileExistsError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    if get_settings().snapshot_group_readable:
        os.fchmod(descriptor, 0o600 | GROUP_READS)  # whatever the umask says
    return descriptor


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, or close one that is there to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = 0o700 | (GROUP_PASSES if get_settings().snapshot_group_readable else 0)
    if folder.stat().st_mode & 0o777 != mode:
        with suppress(PermissionError):  # it is somebody else's, who decides
            folder.chmod(mode)
