"""Whether a snapshot's files are what was written: compared with its manifest."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core import process
from core.settings import get_settings
from core.snapshots.manifest import Broken, File, Manifest, Unreadable, read_manifest


@dataclass(frozen=True)
class VerifiedFiles:
    """The SHA-256 that this process found, by the identity of a file."""

    found: dict[tuple[int, int, int, int], str] = field(default_factory=dict)


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


def verify_files(folder: Path, files: Iterable[File]) -> None:
    """Compare some files with the manifest by SHA-256; raise `Broken` on a difference."""
    for file in files:
        _verify_file(folder, file)


def _verify_file(folder: Path, file: File) -> None:
    status, verified = _stat(folder, file), process.resource(VerifiedFiles).found
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    try:
        if verified.get(identity) != file.sha256:
            verified[identity] = _sha256(folder / file.path)
    except OSError as error:
        raise Unreadable(f"{file.path} cannot be read: {error.strerror}") from error
    if verified[identity] != file.sha256:
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
