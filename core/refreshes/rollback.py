"""An older snapshot made current again: it stays so, and refreshes wait, until somebody lets go.

What was decided lies beside the snapshots, as they do: whoever reads them is moved at once, and a
process that dies on the way leaves a decision that the next one carries out.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.access.permissions import require_superuser
from core.actor import Actor
from core.audit import trail
from core.db.engine import transaction
from core.errors import Conflict, NotFound, Unavailable
from core.settings import get_settings
from core.snapshots import current, reader
from core.snapshots.manifest import MANIFEST, Broken
from core.snapshots.reader import CURRENT, FOLDER

PLACE = ".set-back"
PATIENCE_SECONDS = 5
GONE = "That snapshot is no longer there. Please reload the page."
DAMAGED = "That snapshot is damaged, so it was not made current: {reason}."
OTHERS_FIRST = "Somebody made another snapshot current meanwhile. Please look again."
WAITS = (
    "{by} set the data back to an older snapshot, so refreshes wait until a superuser lets go on"
    " the Refreshes page."
)
NOT_WRITTEN = "The folder of the snapshots cannot be changed: {reason}. Nothing was moved."
NOT_SET_BACK = "The data is not set back. Somebody may have let go meanwhile."


@dataclass(frozen=True)
class Rollback:
    """Which folder is current instead of which newer one, by whose decision, since when."""

    folder: str
    newest: str
    by: str
    at: str

    @property
    def since(self) -> datetime:
        """When it was decided."""
        return datetime.fromisoformat(self.at)


def find(root: Path | None = None) -> Rollback | None:
    """Return what was decided, or None while the newest snapshot is the current one."""
    with suppress(OSError, ValueError, TypeError):
        place = (root or get_settings().parquet_path.resolve()) / PLACE
        return Rollback(**json.loads(place.read_bytes()))
    return None


def require_free(root: Path | None = None) -> None:
    """Raise `Conflict` while the data is set back, when there is nothing to be refreshed."""
    known = find(root)
    if known is not None:
        raise Conflict(WAITS.format(by=known.by), current={})


def roll_back(*, actor: Actor, generation: int, seen: int) -> None:
    """Make an older snapshot current for all readers, until `let_go`; `seen` is the one replaced.

    Raises `Forbidden` unless the actor is a superuser, `NotFound` without that snapshot, `Conflict`
    when it is damaged, or when another one than `seen` is current meanwhile.
    """
    root = get_settings().parquet_path.resolve()
    _decide(actor, "snapshot.set_back", before=seen, after=generation)
    folder = _folder(root, generation)
    descriptor = _hold(folder)
    try:
        _check(folder)
        with _names(root):
            published = _published(root, seen)
            known = find(root)
            newest = known.newest if known else published.name
            at = datetime.now(UTC).isoformat()
            _write(root, Rollback(folder.name, newest, actor.name, at))
            _point(root, folder.name)
    finally:
        os.close(descriptor)


def resume(*, actor: Actor, seen: int) -> None:
    """Make the newest snapshot current again, after which refreshes go on; `seen` as above.

    Raises `Forbidden` unless the actor is a superuser, `NotFound` when nothing is set back, and
    `Conflict` when another snapshot than `seen` is current meanwhile.
    """
    root = get_settings().parquet_path.resolve()
    _decide(actor, "snapshot.let_go", before=seen, after=None)
    with _names(root):
        known = find(root)
        if known is None:
            raise NotFound(NOT_SET_BACK)
        _published(root, seen)
        if (root / FOLDER / known.newest / MANIFEST).exists():
            _point(root, known.newest)
        # Last: until it is gone, whoever cleans up after a crash carries the decision out.
        (root / PLACE).unlink()
        current.fsync_folder(root)


def carry_out(root: Path) -> None:
    """Point to what was decided, which a process that died may have left undone.

    Only for whoever has `pointer.publishing`.
    """
    known = find(root)
    if known is not None and (root / FOLDER / known.folder / MANIFEST).exists():
        _point(root, known.folder)


@contextmanager
def _names(root: Path) -> Iterator[None]:
    try:
        with current.publishing(root, patience=PATIENCE_SECONDS):
            yield
    except OSError as error:
        raise Unavailable(NOT_WRITTEN.format(reason=error.strerror)) from error


def _decide(actor: Actor, action: str, *, before: int, after: int | None) -> None:
    # In the audit before anything moves: a decision that nobody knows of is worse than one undone.
    with transaction() as db:
        require_superuser(db, actor, action)
        changes = {"generation": [before, after]}
        trail.record(db, actor=actor, action=action, changes=changes)


def _folder(root: Path, generation: int) -> Path:
    found = next((root / FOLDER).glob(f"{generation:012d}-*"), None)
    if found is None:
        raise NotFound(GONE)
    return found


def _hold(folder: Path) -> int:
    try:
        return reader.hold(folder)
    except OSError:
        raise NotFound(GONE) from None


def _check(folder: Path) -> None:
    try:
        reader.verify(folder)
    except Broken as error:
        reader.condemn(folder, error)
        raise Conflict(DAMAGED.format(reason=error), current={}) from error


def _published(root: Path, seen: int) -> Path:
    published = reader.published_folder(root)
    if published is None or int(published.name.split("-")[0]) != seen:
        raise Conflict(OTHERS_FIRST, current={})
    return published


def _write(root: Path, decided: Rollback) -> None:
    new = root / f"{PLACE}.new"
    new.unlink(missing_ok=True)
    current.write_durably(new, json.dumps(asdict(decided)).encode())
    new.replace(root / PLACE)
    current.fsync_folder(root)


def _point(root: Path, name: str) -> None:
    current.link(root, CURRENT, f"{FOLDER}/{name}")
    current.fsync_folder(root)
