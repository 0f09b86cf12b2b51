"""Tally with one safeguard left out, to show that the harness would notice; for child processes.

Each build replaces something in the process that calls it, and nothing puts it back.
"""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from core.snapshots import current
from core.snapshots.folders import CURRENT, FOLDER
from etl.extract.arrow_reader import Reader
from etl.publish import store


def whole() -> None:
    """Leave nothing out."""


def without_exported_snapshot() -> None:
    """Let each worker see the instant at which it happened to begin."""

    def forgetful(self: Reader, exported: str) -> None:
        self._run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    Reader.see = forgetful  # type: ignore[method-assign]


def pointer_first() -> None:
    """Name a snapshot as the current one before it has its place."""
    publish = store.publish

    def hasty(root: Path, staged: Path, *rest: Any, **options: Any) -> object:
        current.link(root, CURRENT, f"{FOLDER}/{staged.name}")
        current.fsync_folder(root)
        return publish(root, staged, *rest, **options)

    store.publish = hasty  # type: ignore[assignment]


def without_cleaning() -> None:
    """Leave what a crashed refresh left."""
    store.clean = lambda *_, **__: None


def without_fsync(number: int) -> None:
    """Leave out the fsync of this number, counted from 0."""
    fsync, calls = os.fsync, count()

    def lazy(fd: Any) -> None:
        if next(calls) != number:
            fsync(fd)

    os.fsync = lazy


BUILDS: dict[str, Callable[[], None]] = {
    build.__name__: build
    for build in (whole, without_exported_snapshot, pointer_first, without_cleaning)
}
