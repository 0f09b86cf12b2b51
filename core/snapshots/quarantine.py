"""Snapshots found to be damaged, noted on disk: every process knows of them, also after a start."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from core.embedded import private_files
from core.telemetry.supervision import Failures

FOLDER = "quarantine"

log = logging.getLogger(__name__)
_listeners: list[Callable[[], None]] = []
_failures = Failures("Telling of a damaged snapshot")


def connect(listener: Callable[[], None]) -> None:
    """Call `listener` whenever this process learns of a damaged snapshot; one listener at a time.

    It is called in whichever thread found out, and must not wait.
    """
    _listeners[:] = [listener]


def announce() -> None:
    """Tell the listener that a damaged snapshot was met."""
    for listener in _listeners:
        with _failures.contained():
            listener()


def note(snapshot: Path, reason: str) -> None:
    """Note that a snapshot's folder is damaged; where that cannot be written, the log has to do."""
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
    """Return why a snapshot's folder is in quarantine, or None when it is not."""
    with suppress(OSError, UnicodeDecodeError):
        return _place(snapshot).read_text("utf-8")
    return None


def known(snapshots: Path) -> Mapping[Path, str]:
    """Return the folders below `snapshots` that are in quarantine, each with the reason."""
    noted = sorted((snapshots.parent / FOLDER).glob("[0-9]*-*.txt"))
    folders = [snapshots / place.stem for place in noted]
    return {folder: reason(folder) or "" for folder in folders if folder.exists()}


def forget_gone(snapshots: Path) -> None:
    """Remove what was noted of snapshots that are no longer there."""
    for place in (snapshots.parent / FOLDER).glob("*"):
        if not (snapshots / place.stem).exists():
            place.unlink(missing_ok=True)


def _place(snapshot: Path) -> Path:
    return snapshot.parent.parent / FOLDER / f"{snapshot.name}.txt"
