"""The folders of snapshots: which are there, which is published, and which may be served."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CURRENT = "current"
FOLDER = "snapshots"


def candidates(root: Path) -> Iterator[Path]:
    """Yield the folders that may be served, best first: the published one, then older ones."""
    published = published_folder(root)
    if published is not None:
        yield published
    for folder in newest_first(root):
        if published is None or folder.name < published.name:
            yield folder


def newest_first(root: Path) -> list[Path]:
    """Return the folders of all snapshots on disk, newest first, published or not."""
    return sorted((root / FOLDER).glob("[0-9]*-*"), reverse=True)


def published_folder(root: Path) -> Path | None:
    """Return the folder that `current` names, whether or not it exists, or None without a link."""
    with suppress(OSError):
        return root / FOLDER / (root / CURRENT).readlink().name
    return None
