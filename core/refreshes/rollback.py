"""Rolls back to an older snapshot: it stays current, and refreshes wait, until somebody resumes.

The decision is a file next to the snapshots, so it holds for every process that reads them. If a
process dies halfway, the next one finds the decision and carries it out.
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
from core.snapshots import current, folders, integrity, lease, reader
from core.snapshots.folders import CURRENT, FOLDER
from core.snapshots.manifest import MANIFEST, Broken

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
    """A decision: `folder` is current instead of the newer `newest`; who decided it, and when."""

    folder: str
    newest: str
    by: str
    at: str

    @property
    def since(self) -> datetime:
        """The time of the decision."""
        return datetime.fromisoformat(self.at)


def find(root: Path | None = None) -> Rollback | None:
    """Return the decision, or None while the newest snapshot is current."""
    with suppress(OSError, ValueError, TypeError):
        place = (root or get_settings().parquet_path.resolve()) / PLACE
        return Rollback(**json.loads(place.read_bytes()))
    return None


def require_free(root: Path | None = None) -> None:
    """Raise `Conflict` while the data is rolled back: a refresh would have no effect."""
    decision = find(root)
    if decision is not None:
        raise Conflict(WAITS.format(by=decision.by), current={})


def roll_back(*, actor: Actor, generation: int, seen: int) -> None:
    """Make an older snapshot current for all readers, until `resume`.

    `seen` is the generation that the actor saw as current. Raises `Forbidden` unless the actor is a
    superuser, `NotFound` if the snapshot is gone, and `Conflict` if it is damaged or `seen` is no
    longer current.
    """
    root = get_settings().parquet_path.resolve()
    _decide(actor, "snapshot.set_back", before=seen, after=generation)
    folder = _folder(root, generation)
    descriptor = _hold(folder)
    try:
        _check(folder)
        with _names(root):
            published = _published(root, seen)
            earlier = find(root)
            newest = earlier.newest if earlier else published.name
            at = datetime.now(UTC).isoformat()
            _write(root, Rollback(folder.name, newest, actor.name, at))
            _point(root, folder.name)
    finally:
        os.close(descriptor)


def resume(*, actor: Actor, seen: int) -> None:
    """Make the newest snapshot current again and let refreshes go on; `seen` as in `roll_back`.

    Raises `Forbidden` unless the actor is a superuser, `NotFound` if nothing is rolled back, and
    `Conflict` if `seen` is no longer current.
    """
    root = get_settings().parquet_path.resolve()
    _decide(actor, "snapshot.let_go", before=seen, after=None)
    with _names(root):
        decision = find(root)
        if decision is None:
            raise NotFound(NOT_SET_BACK)
        _published(root, seen)
        if (root / FOLDER / decision.newest / MANIFEST).exists():
            _point(root, decision.newest)
        # Removed last: while the file exists, a cleanup after a crash carries the decision out.
        (root / PLACE).unlink()
        current.fsync_folder(root)


def carry_out(root: Path) -> None:
    """Make the decided snapshot current, which a process that died may have left undone.

    The caller must be inside `current.publishing`.
    """
    decision = find(root)
    if decision is not None and (root / FOLDER / decision.folder / MANIFEST).exists():
        _point(root, decision.folder)


@contextmanager
def _names(root: Path) -> Iterator[None]:
    try:
        with current.publishing(root, patience=PATIENCE_SECONDS):
            yield
    except OSError as error:
        raise Unavailable(NOT_WRITTEN.format(reason=error.strerror)) from error


def _decide(actor: Actor, action: str, *, before: int, after: int | None) -> None:
    # Audited first: a rollback without an audit row is worse than an audit row without a rollback.
    with transaction() as db:
        require_superuser(db, actor, action)
        changes = {"generation": [before, after]}
        trail.record(db, actor=actor, action=action, changes=changes)


def _folder(root: Path, generation: int) -> Path:
    folder = next((root / FOLDER).glob(f"{generation:012d}-*"), None)
    if folder is None:
        raise NotFound(GONE)
    return folder


def _hold(folder: Path) -> int:
    try:
        return lease.take(folder)
    except OSError:
        raise NotFound(GONE) from None


def _check(folder: Path) -> None:
    try:
        integrity.verify(folder)
    except Broken as error:
        reader.condemn(folder, error)
        raise Conflict(DAMAGED.format(reason=error), current={}) from error


def _published(root: Path, seen: int) -> Path:
    published = folders.published_folder(root)
    if published is None or int(published.name.split("-")[0]) != seen:
        raise Conflict(OTHERS_FIRST, current={})
    return published


def _write(root: Path, decision: Rollback) -> None:
    new = root / f"{PLACE}.new"
    new.unlink(missing_ok=True)
    current.write_durably(new, json.dumps(asdict(decision)).encode())
    new.replace(root / PLACE)
    current.fsync_folder(root)


def _point(root: Path, name: str) -> None:
    current.link(root, CURRENT, f"{FOLDER}/{name}")
    current.fsync_folder(root)
