"""Published snapshots as readers see them: found, verified when first opened, and leased."""

import logging
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core import process
from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots import folders, integrity, lease, quarantine
from core.snapshots.manifest import (
    MANIFEST,
    Broken,
    Manifest,
    OtherLayout,
    Unreadable,
    read_manifest,
)

USERS = "users_analytics.parquet"
ITEMS = "items_analytics.parquet"
ITEMS_BY_USER = "items_by_user.parquet"
RANKING_REMOVED = "items_by_user_left.parquet"
RANKING_ADDED = "items_by_user_joined.parquet"
RECENT_OWNERS = "recent_owners.parquet"
TOP_OWNERS = "top_owners.parquet"
ITEM_COUNTS = "item_counts.parquet"
CREATED = "created.parquet"
NEW = "new.parquet"
TOTALS = "totals.parquet"

NONE_YET = "There is no snapshot yet. Press Refresh data, or run `tally refresh`."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A published, immutable snapshot; its files are not pruned as long as this object lives.

    Two are equal if they have the same folder and generation.
    """

    folder: Path
    generation: int
    taken_at: datetime = field(compare=False)
    users: int = field(compare=False)
    items: int = field(compare=False)
    manifest: Manifest = field(compare=False, repr=False)

    def files(self, dataset: str) -> list[str]:
        """Return the absolute paths of a dataset's files: one for a view, several for a table."""
        return [str(self.folder / file.path) for file in self.manifest.dataset(dataset)]


@dataclass
class Snapshots:
    """What this process knows of the snapshots on disk."""

    opening: threading.Lock = field(default_factory=threading.Lock)
    served: dict[Path, Snapshot] = field(default_factory=dict)  # by root: each is verified once
    broken: dict[Path, str] = field(default_factory=dict)


def current() -> Snapshot:
    """Return the newest good snapshot; raise `Unavailable` if there is none.

    A snapshot is verified when it is first opened. While one thread does that, the others get the
    previous snapshot. A broken snapshot is skipped in favour of the one before it.
    """
    root, opening = get_settings().parquet_path.resolve(), process.resource(Snapshots).opening
    served = process.resource(Snapshots).served.get(root)
    if served is not None and _is_newest(served, root):
        return served
    if not opening.acquire(blocking=served is None or not served.folder.exists()):
        assert served is not None  # noqa: S101  # else the line above would have waited
        return served
    try:
        return _open_newest(root)
    finally:
        opening.release()


def kept() -> list[Snapshot]:
    """Return the readable snapshots on disk that were published, newest first.

    Only the sizes of their files have been verified. Call `verify_dataset` before reading a
    dataset; `current` does that for all files.
    """
    found = []
    for folder in folders.candidates(get_settings().parquet_path.resolve()):
        with suppress(OSError, Broken):
            found.append(open_kept(folder))
    return [snapshot for snapshot in found if snapshot.folder not in broken()]


def open_kept(folder: Path) -> Snapshot:
    """Return one of the snapshots that `kept` returns; raise `Broken` or `OSError` if it is not."""
    return _lease(folder, _read_sized)


def verify_dataset(snapshot: Snapshot, dataset: str) -> None:
    """Compare a dataset's files with the manifest by SHA-256; raise `Broken` on a difference."""
    integrity.verify_files(snapshot.folder, snapshot.manifest.dataset(dataset))


def broken() -> Mapping[Path, str]:
    """Return the folders that this process or any other found broken, each with the reason."""
    noted = quarantine.known(get_settings().parquet_path.resolve() / folders.FOLDER)
    met = {folder: reason for folder, reason in _broken().items() if folder.exists()}
    return {**noted, **met}


def passed_over() -> bool:
    """Tell whether the published snapshot is broken, so that an older one or none is served."""
    return folders.published_folder(get_settings().parquet_path.resolve()) in _broken()


def condemn(folder: Path, error: Broken) -> None:
    """Stop serving a snapshot: in every process if its content is wrong, else only in this one."""
    if not isinstance(error, OtherLayout | Unreadable):
        quarantine.note(folder, str(error))
    _pass_over(folder, str(error))


def _broken() -> dict[Path, str]:
    """Return the folders that this process found broken, each with the reason."""
    return process.resource(Snapshots).broken


def _is_newest(served: Snapshot, root: Path) -> bool:
    published = folders.published_folder(root)
    newest = published == served.folder or (published in _broken() and published is not None)
    return newest and _is_good(served.folder)


def _is_good(folder: Path) -> bool:
    """Tell whether a snapshot still exists, and no process has put it in quarantine."""
    return (folder / MANIFEST).exists() and quarantine.reason(folder) is None


def _open_newest(root: Path) -> Snapshot:
    known = process.resource(Snapshots)
    served = known.served.get(root)
    for folder in folders.candidates(root):
        if served is not None and folder == served.folder and _is_good(folder):
            return served
        snapshot = None if folder in known.broken else _open(folder)
        if snapshot is not None:
            known.served[root] = snapshot
            return snapshot
    known.served.pop(root, None)
    raise Unavailable(NONE_YET)


def _open(folder: Path) -> Snapshot | None:
    noted = quarantine.reason(folder)
    if noted is not None:
        _pass_over(folder, noted)
        return None
    try:
        return _lease(folder, integrity.verify)
    except OSError as error:
        _pass_over(folder, f"its manifest cannot be opened: {error.strerror}")
    except Broken as error:
        condemn(folder, error)
    return None


def _lease(folder: Path, read: Callable[[Path], Manifest]) -> Snapshot:
    """Return a snapshot that stays on disk as long as it lives, once `read` found it in order."""
    with ExitStack() as failing:
        descriptor = lease.take(folder)
        failing.callback(os.close, descriptor)
        manifest = read(folder)
        failing.pop_all()
    snapshot = Snapshot(
        folder=folder,
        generation=manifest.generation,
        taken_at=manifest.taken_at.astimezone(UTC),
        users=manifest.users,
        items=manifest.items,
        manifest=manifest,
    )
    weakref.finalize(snapshot, os.close, descriptor)
    return snapshot


def _read_sized(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    integrity.verify_sizes(folder, manifest)
    return manifest


def _pass_over(folder: Path, reason: str) -> None:
    if folder.exists():
        _broken()[folder] = reason
    log.error("Snapshot %s is broken and not served: %s", folder.name, reason)
    quarantine.announce()
