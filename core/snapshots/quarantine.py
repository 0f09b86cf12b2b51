"""Records damaged snapshots on disk, so that every process knows them, also after a restart."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core import process
from core.embedded import private_files
from core.telemetry.supervision import Failures

FOLDER = "quarantine"

log = logging.getLogger(__name__)


@dataclass
class Damage:
    """Who is told in this process when it meets a damaged snapshot."""

    listener: Callable[[], None] | None = None
    failures: Failures = field(default_factory=lambda: Failures("Telling of a damaged snapshot"))


def connect(listener: Callable[[], None]) -> None:
    """Call `listener` whenever this process detects a damaged snapshot; there is one listener.

    It is called in the thread that detected the damage, and must not block.
    """
    process.resource(Damage).listener = listener


def announce() -> None:
    """Call the listener."""
    damage = process.resource(Damage)
    if damage.listener is not None:
        with damage.failures.contained():
            damage.listener()


def note(snapshot: Path, reason: str) -> None:
    """Put a snapshot in quarantine; if its file cannot be written, log a warning instead."""
    place = _place(snapshot)
    new = place.with_suffix(".new")
    try:
        private_files.make_folder(place.parent)
        new.unlink(missing_ok=True)
        with os.fdopen(private_files.create(new), "w", encoding="utf-8") as file:
            file.write(reason)
        new.replace(place)
    except OSError as error:
        log.warning("Snapshot %s cannot be put in quarantine: %s", snapshot.name, error.strerror)


def reason(snapshot: Path) -> str | None:
    """Return why a snapshot is in quarantine, or None if it is not."""
    with suppress(OSError, UnicodeDecodeError):
        return _place(snapshot).read_text("utf-8")
    return None


def known(snapshots: Path) -> Mapping[Path, str]:
    """Return the existing snapshots in quarantine, each with the reason."""
    noted = sorted((snapshots.parent / FOLDER).glob("[0-9]*-*.txt"))
    folders = [snapshots / place.stem for place in noted]
    return {folder: reason(folder) or "" for folder in folders if folder.exists()}


def forget_gone(snapshots: Path) -> None:
    """Delete the entries of snapshots that no longer exist."""
    for place in (snapshots.parent / FOLDER).glob("*"):
        if not (snapshots / place.stem).exists():
            place.unlink(missing_ok=True)


def _place(snapshot: Path) -> Path:
    return snapshot.parent.parent / FOLDER / f"{snapshot.name}.txt"
