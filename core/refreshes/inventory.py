"""The inventory of snapshots on disk, for operators: their sizes, and whether they are in use."""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from core.access.permissions import require_superuser
from core.actor import Actor
from core.settings import get_settings
from core.snapshots import folders, reader
from core.snapshots.manifest import MANIFEST, Broken, Manifest, read_manifest


@dataclass(frozen=True)
class Stored:
    """One snapshot on disk; `bytes` includes the files that it shares with other snapshots.

    `problem` says why it cannot be made current; fields that cannot be read are None.
    """

    generation: int
    current: bool
    held: bool
    taken_at: datetime | None = None
    users: int | None = None
    items: int | None = None
    bytes: int | None = None
    problem: str | None = None


def list_stored(db: Session, *, actor: Actor) -> list[Stored]:
    """Return all snapshots on disk, newest first; raise `Forbidden` unless a superuser asks."""
    require_superuser(db, actor, "snapshot.list")
    root = get_settings().parquet_path.resolve()
    published, broken = folders.published_folder(root), reader.broken()
    return [
        _describe(folder, current=folder == published, problem=broken.get(folder))
        for folder in folders.newest_first(root)
    ]


def _describe(folder: Path, *, current: bool, problem: str | None) -> Stored:
    generation = int(folder.name.split("-")[0])
    try:
        manifest = read_manifest(folder)
    except Broken as error:
        return Stored(generation, current, is_held(folder), problem=problem or str(error))
    return Stored(
        generation,
        current,
        is_held(folder),
        manifest.taken_at.astimezone(UTC),
        manifest.users,
        manifest.items,
        _size(manifest),
        problem,
    )


def is_held(folder: Path) -> bool:
    """Tell whether any process has pinned a snapshot; a pinned snapshot is not deleted."""
    with suppress(FileNotFoundError):
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def _size(manifest: Manifest) -> int:
    return sum(file.bytes for file in manifest.files)
