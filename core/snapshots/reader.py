"""Published snapshots as readers see them: found, verified when first opened, and held."""

import fcntl
import hashlib
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots import quarantine
from core.snapshots.manifest import (
    MANIFEST,
    Broken,
    File,
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

CURRENT = "current"
FOLDER = "snapshots"
NONE_YET = "There is no snapshot yet. Press Refresh data, or run `tally refresh`."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """One published, immutable snapshot; it is not pruned from disk as long as this object lives.

    Two are equal when they are the same folder and generation.
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


_opening = threading.Lock()
_served: dict[Path, Snapshot] = {}  # by root, so that a generation is verified once
_broken: dict[Path, str] = {}
_verified: dict[tuple[int, int, int, int], str] = {}  # file identity -> SHA-256 found


def current() -> Snapshot:
    """Return the newest good snapshot; raise `Unavailable` when there is none.

    A generation is verified when it is first opened. While one thread does that, the others go on
    with the previous one. A broken generation is passed over for the one before it.
    """
    root = get_settings().parquet_path.resolve()
    served = _served.get(root)
    if served is not None and _is_newest(served, root):
        return served
    if not _opening.acquire(blocking=served is None or not served.folder.exists()):
        assert served is not None  # noqa: S101  # else the line above would have waited
        return served
    try:
        return _open_newest(root)
    finally:
        _opening.release()


def kept() -> list[Snapshot]:
    """Return the snapshots on disk that can be read, newest first; one never published is not.

    Their files have the sizes that they should have. What is in them is compared with the manifest
    by `verify_dataset`, for the files that are needed; only `current` does that for all of them.
    """
    found = []
    for folder in candidates(get_settings().parquet_path.resolve()):
        with suppress(OSError, Broken):
            found.append(open_kept(folder))
    return [snapshot for snapshot in found if snapshot.folder not in broken()]


def open_kept(folder: Path) -> Snapshot:
    """Return one of the snapshots that `kept` returns; raise `Broken` or `OSError` if it is not."""
    return _hold(folder, _read_sized)


def verify_dataset(snapshot: Snapshot, dataset: str) -> None:
    """Compare a dataset's files with the manifest by SHA-256; raise `Broken` on a difference."""
    for file in snapshot.manifest.dataset(dataset):
        _verify_file(snapshot.folder, file)


def broken() -> Mapping[Path, str]:
    """Return the folders that this process or any other found broken, each with the reason."""
    noted = quarantine.known(get_settings().parquet_path.resolve() / FOLDER)
    met = {folder: reason for folder, reason in _broken.items() if folder.exists()}
    return {**noted, **met}


def passed_over() -> bool:
    """Tell whether the published snapshot is broken, so that an older one or none is served."""
    return published_folder(get_settings().parquet_path.resolve()) in _broken


def condemn(folder: Path, error: Broken) -> None:
    """Serve a snapshot no more, in any process if its content is wrong, else in this one."""
    if not isinstance(error, OtherLayout | Unreadable):
        quarantine.note(folder, str(error))
    _pass_over(folder, str(error))


def forget() -> None:
    """Let go of every snapshot and of what is known about files, as a new process would."""
    for known in (_served, _broken, _verified):
        known.clear()


def candidates(root: Path) -> Iterator[Path]:
    """Yield the folders that may be served, best first: the published one, then older ones."""
    published = published_folder(root)
    if published is not None:
        yield published
    for folder in folders(root):
        if published is None or folder.name < published.name:
            yield folder


def folders(root: Path) -> list[Path]:
    """Return the folders of all snapshots on disk, newest first, published or not."""
    return sorted((root / FOLDER).glob("[0-9]*-*"), reverse=True)


def published_folder(root: Path) -> Path | None:
    """Return the folder that `current` names, whether or not it exists, or None without a link."""
    with suppress(OSError):
        return root / FOLDER / (root / CURRENT).readlink().name
    return None


def verify(folder: Path) -> Manifest:
    """Compare every file with the manifest, by size and SHA-256; raise `Broken` on a difference."""
    manifest = read_manifest(folder)
    workers = get_settings().parallel_refresh
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        for _ in pool.map(partial(_verify_file, folder), manifest.files):
            pass
    return manifest


def verify_sizes(folder: Path, manifest: Manifest) -> None:
    """Compare every file's size with the manifest; raise `Broken` on a difference."""
    for file in manifest.files:
        _stat(folder, file)


def hold(folder: Path) -> int:
    """Take a shared lock on a snapshot, which keeps it from being pruned; return what to close."""
    descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _is_newest(served: Snapshot, root: Path) -> bool:
    published = published_folder(root)
    newest = published == served.folder or (published in _broken and published is not None)
    return newest and _is_good(served.folder)


def _is_good(folder: Path) -> bool:
    """Tell whether a snapshot that is served is still there, and no other process found it bad."""
    return (folder / MANIFEST).exists() and quarantine.reason(folder) is None


def _open_newest(root: Path) -> Snapshot:
    served = _served.get(root)
    for folder in candidates(root):
        if served is not None and folder == served.folder and _is_good(folder):
            return served
        snapshot = None if folder in _broken else _open(folder)
        if snapshot is not None:
            _served[root] = snapshot
            return snapshot
    _served.pop(root, None)
    raise Unavailable(NONE_YET)


def _open(folder: Path) -> Snapshot | None:
    noted = quarantine.reason(folder)
    if noted is not None:
        _pass_over(folder, noted)
        return None
    try:
        return _hold(folder, verify)
    except OSError as error:
        _pass_over(folder, f"its manifest cannot be opened: {error.strerror}")
    except Broken as error:
        condemn(folder, error)
    return None


def _hold(folder: Path, read: Callable[[Path], Manifest]) -> Snapshot:
    """Return a snapshot that stays on disk as long as it lives, once `read` found it in order."""
    with ExitStack() as failing:
        descriptor = hold(folder)
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
    verify_sizes(folder, manifest)
    return manifest


def _pass_over(folder: Path, reason: str) -> None:
    if folder.exists():
        _broken[folder] = reason
    log.error("Snapshot %s is broken and not served: %s", folder.name, reason)
    quarantine.announce()


def _verify_file(folder: Path, file: File) -> None:
    status = _stat(folder, file)
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    try:
        if _verified.get(identity) != file.sha256:
            _verified[identity] = _sha256(folder / file.path)
    except OSError as error:
        raise Unreadable(f"{file.path} cannot be read: {error.strerror}") from error
    if _verified[identity] != file.sha256:
        raise Broken(f"the content of {file.path} is not what was written")


def _stat(folder: Path, file: File) -> os.stat_result:
    try:
        status = (folder / file.path).stat()
    except FileNotFoundError as error:
        raise Broken(f"{file.path} is missing") from error
    except OSError as error:
        raise Unreadable(f"{file.path} cannot be read: {error.strerror}") from error
    if status.st_size != file.bytes:
        raise Broken(f"{file.path} has {status.st_size:,} bytes instead of {file.bytes:,}")
    return status


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
