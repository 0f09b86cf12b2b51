"""Writes the snapshot folder: stages, publishes, prunes and cleans up snapshots."""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from core.embedded import private_files
from core.errors import Unavailable
from core.refreshes import rollback
from core.settings import get_settings
from core.snapshots import current, folders, quarantine
from core.snapshots.folders import CURRENT, FOLDER
from core.snapshots.manifest import MANIFEST, Manifest, write_manifest
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, USERS

STAGING = "staging"
STORE = ".store"
DATASETS = (USERS, ITEMS, ITEMS_BY_USER)
PATIENCE_SECONDS = 5
OVERTAKEN = "A newer snapshot was published meanwhile, so this one was dropped."
SET_BACK = "The data was set back to an older snapshot meanwhile, so this one was dropped."

log = logging.getLogger(__name__)


@contextmanager
def stage(root: Path, generation: int) -> Iterator[Path]:
    """Create an empty folder for a new snapshot; it is removed after the block if still there."""
    folder = root / STAGING / f"{generation:012d}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    try:
        datasets = [folder / dataset for dataset in DATASETS]
        for made in (root / STAGING, folder, *datasets, root / FOLDER):
            private_files.make_folder(made)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seal(staged: Path, manifest: Manifest) -> None:
    """Write the manifest of a staged snapshot, and make its file names durable."""
    current.write_durably(staged / MANIFEST, write_manifest(manifest))
    for folder in (*(staged / dataset for dataset in DATASETS), staged):
        current.fsync_folder(folder)


def publish(root: Path, staged: Path, generation: int) -> Path:
    """Make a sealed snapshot the current one, and return its folder.

    Everything is durable before readers can find it. Raises `Unavailable` if a newer generation was
    published meanwhile (this process was paused, and another took over), if another process is
    paused while publishing, or after a rollback.
    """
    with current.publishing(root, patience=PATIENCE_SECONDS):
        if newest_generation(root) >= generation:
            raise Unavailable(OVERTAKEN)
        if rollback.find(root):
            raise Unavailable(SET_BACK)
        final = root / FOLDER / staged.name
        staged.rename(final)
        current.fsync_folder(root / FOLDER)
        for dataset in (USERS, ITEMS):
            current.link(root, dataset, f"{CURRENT}/{dataset}")
        current.link(root, CURRENT, f"{FOLDER}/{staged.name}")  # last: other links go through it
        current.fsync_folder(root)
    return final


def store(root: Path) -> UUID:
    """Return the id of this snapshot folder in PostgreSQL; create it if there is none."""
    with suppress(FileNotFoundError, ValueError):
        return UUID((root / STORE).read_text().strip())
    made = uuid4()
    new = root / f"{STORE}.new"
    new.unlink(missing_ok=True)
    current.write_durably(new, str(made).encode())
    new.replace(root / STORE)
    current.fsync_folder(root)
    return made


def newest_generation(root: Path) -> int:
    """Return the highest generation with a folder, published or not, or 0."""
    return max((_generation(folder) for folder in _folders(root)), default=0)


def prune(root: Path) -> int:
    """Delete old snapshots; return how many were deleted.

    Settings say how many of the newest are kept, and until what age. Snapshots in use are kept too.
    """
    published = folders.published_folder(root)
    kept = sorted(_folders(root), key=_generation, reverse=True)[: get_settings().keep_snapshots]
    old = [folder for folder in _folders(root) if folder not in kept and folder != published]
    return sum(_is_old(folder) and _delete_unless_held(root, folder) for folder in old)


def clean(root: Path) -> None:
    """Remove what crashed refreshes left behind. Only for the holder of the refresh lock."""
    shutil.rmtree(root / STAGING, ignore_errors=True)
    if not (root / FOLDER).exists():
        return
    # A process that was paused while publishing lost the refresh lock, but still needs its files.
    with suppress(Unavailable), current.publishing(root, patience=0):
        _remove_unpublished(root)
    quarantine.forget_gone(root / FOLDER)


def _remove_unpublished(root: Path) -> None:
    rollback.carry_out(root)
    published, decided = folders.published_folder(root), rollback.find(root)
    newest = decided.newest if decided else published.name if published else ""
    for folder in _folders(root):
        if published is not None and published.exists() and folder.name > newest:
            log.warning("Removing snapshot %s, which was never published", folder.name)
            shutil.rmtree(folder, ignore_errors=True)
        elif folder != published and not (folder / MANIFEST).exists():
            log.warning("Removing what is left of snapshot %s", folder.name)
            shutil.rmtree(folder, ignore_errors=True)
    for left in root.glob(f".{CURRENT}.*"):
        left.unlink(missing_ok=True)


def _folders(root: Path) -> list[Path]:
    return [folder for folder in (root / FOLDER).glob("[0-9]*-*") if folder.is_dir()]


def _generation(folder: Path) -> int:
    return int(folder.name.split("-")[0])


def _is_old(folder: Path) -> bool:
    # If the clock was set back, the age is negative, and the snapshot is kept for now.
    return time.time() - folder.stat().st_mtime > get_settings().keep_snapshots_hours * 3600


def _delete_unless_held(root: Path, folder: Path) -> bool:
    """Delete a snapshot unless a reader holds its shared lock; return whether it was deleted."""
    with suppress(FileNotFoundError):
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folders.published_folder(root) == folder:
                return False  # made current since it was found to be old
            (folder / MANIFEST).unlink()  # first: without it nobody takes this for a snapshot
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
    shutil.rmtree(folder)
    return True
