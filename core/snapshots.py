"""Published snapshots as readers see them: found, verified when first opened, and held."""

import fcntl
import hashlib
import json
import logging
import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core import quarantine
from core.errors import Unavailable
from core.settings import get_settings

USERS = "users_analytics.parquet"
ITEMS = "items_analytics.parquet"
ITEMS_BY_USER = "items_by_user.parquet"
LEFT = "items_by_user_left.parquet"
JOINED = "items_by_user_joined.parquet"
CREATED_PER_DAY = "created_per_day.parquet"
DISTRIBUTION = "distribution.parquet"
TOTALS = "totals.parquet"

LAYOUT = 2
MANIFEST = "manifest.json"
SEAL = "sha256"
CURRENT = "current"
FOLDER = "snapshots"
NONE_YET = "There is no snapshot yet. Press Refresh data, or run `tally refresh`."

log = logging.getLogger(__name__)


class File(BaseModel):
    """One Parquet file of a snapshot: `path` is relative to its folder, `part` set for extracts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    rows: int
    bytes: int
    sha256: str
    part: int | None = None


class Manifest(BaseModel):
    """What a snapshot consists of, and which instant of which database it shows.

    `store` names the folder of snapshots and `token` this one, as in its mark in PostgreSQL;
    `database` identifies server and database, `catalog` the tables and triggers as they were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: int = LAYOUT
    generation: int
    taken_at: datetime
    store: UUID
    token: UUID
    database: str
    catalog: str
    pg_snapshot: str
    users: int
    items: int
    files: tuple[File, ...]

    def dataset(self, name: str) -> list[File]:
        """Return a dataset's files: one for a view, one a part for a table."""
        return [f for f in self.files if f.path == name or f.path.startswith(f"{name}/")]


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


class Broken(Exception):
    """A snapshot's folder does not hold what its manifest says."""


class OtherLayout(Broken):
    """A snapshot that another version of Tally wrote; there is nothing wrong with it."""


class Unreadable(Broken):
    """A file that cannot be read at this moment, for which there may be another reason."""


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
    for folder in sorted((root / FOLDER).glob("[0-9]*-*"), reverse=True):
        if published is None or folder.name < published.name:
            yield folder


def published_folder(root: Path) -> Path | None:
    """Return the folder that `current` names, whether or not it exists, or None without a link."""
    with suppress(OSError):
        return root / FOLDER / (root / CURRENT).readlink().name
    return None


def write_manifest(manifest: Manifest) -> bytes:
    """Return the content of the manifest's file: JSON that ends in a hash of all before it."""
    content = manifest.model_dump(mode="json")
    return json.dumps({**content, SEAL: _seal(content)}, indent=1).encode()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a snapshot; raise `Broken` when it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        layout = content.get("layout") if isinstance(content, dict) else None
        if layout != LAYOUT:
            raise OtherLayout(f"its layout is {layout}, and this Tally reads {LAYOUT}")
        if content.pop(SEAL, None) != _seal(content):
            raise Broken("its manifest is not what was written")
        return Manifest.model_validate(content)
    except FileNotFoundError:
        raise Broken("its manifest is missing") from None
    except OSError as error:
        raise Unreadable(f"its manifest cannot be read: {error}") from error
    except ValueError as error:
        raise Broken(f"its manifest cannot be read: {error}") from error


def verify(folder: Path) -> Manifest:
    """Compare every file with the manifest, by size and SHA-256; raise `Broken` on a difference."""
    manifest = read_manifest(folder)
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="verify") as pool:
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


def _seal(content: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
        descriptor = hold(folder)
    except OSError as error:
        _pass_over(folder, f"its manifest cannot be opened: {error.strerror}")
        return None
    try:
        manifest = verify(folder)
    except Broken as error:
        os.close(descriptor)
        condemn(folder, error)
        return None
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
