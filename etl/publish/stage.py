"""Builds a new snapshot in a staging folder: exports, computes views, checks and seals it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from core.settings import get_settings
from core.snapshots import integrity
from core.snapshots.manifest import Broken, File, Manifest, files_of
from core.telemetry import malloc
from etl.extract.datasets import COLUMNS, TABLES
from etl.extract.exported_snapshot import ExportedSnapshot
from etl.extract.plan import Plan
from etl.extract.workers import extract
from etl.publish import quality_gate
from etl.publish import store as snapshot_store
from etl.run.run_log import Record
from etl.views import build as views
from etl.views import people
from etl.views.people import OrphanedItems
from etl.views.staged import StagedSnapshot


@dataclass(frozen=True)
class Target:
    """The snapshot to be made: in which folder, as which generation, of which store."""

    folder: Path
    generation: int
    store: UUID


@dataclass(frozen=True)
class Built:
    """A sealed snapshot that is not yet published; `parts` and `written` are its new files.

    `parts` are only the partitions among them.
    """

    folder: Path
    manifest: Manifest
    partitions: tuple[File, ...]
    written: tuple[File, ...]


def build(
    exported_snapshot: ExportedSnapshot,
    plan: Plan,
    target: Target,
    *,
    accept_drop: bool,
    row: Record,
) -> Built:
    """Write, check and seal a snapshot in the folder of the target.

    Raises `Rejected` or `Held` if it may not be published, and `Unavailable`.
    """
    folder, limits = target.folder, exported_snapshot.limits
    quality_gate.check_columns(exported_snapshot)
    with row.step("export", total=len(plan.tasks)):
        partitions = _export(exported_snapshot, plan, target, row)
    malloc.release()
    with row.step("compute"):
        limits.check()
        files = [*partitions, *_compute(exported_snapshot, plan, folder, partitions)]
    malloc.release()
    with row.step("verify"):
        limits.check()
        manifest = _manifest(exported_snapshot, target, files)
        _check(plan, folder, manifest, accept_drop=accept_drop)
        snapshot_store.seal(folder, manifest)
        integrity.verify(folder)
    old = {file.path for file in plan.base.manifest.files} if plan.base else set()
    return Built(
        folder,
        manifest,
        partitions=tuple(file for file in partitions if file.path not in old),
        written=tuple(file for file in files if file.path not in old),
    )


def _export(
    exported_snapshot: ExportedSnapshot, plan: Plan, target: Target, row: Record
) -> list[File]:
    """Return all partitions of the new snapshot: exported ones, and those linked from the base."""
    if plan.base is not None:
        _link(plan.base.folder, target.folder, plan.kept)
    written = extract(
        exported_snapshot,
        target.folder,
        plan.tasks,
        generation=target.generation,
        done=lambda _: row.advance(),
    )
    return [
        file
        for table in TABLES
        for file in _drop_empty(target.folder, files_of((*plan.kept, *written), table.dataset))
    ]


def _link(base: Path, folder: Path, files: Sequence[File]) -> None:
    for file in files:
        try:
            (folder / file.path).hardlink_to(base / file.path)
        except FileNotFoundError as error:
            raise Broken(f"{file.path} of the earlier snapshot is missing") from error


def _drop_empty(folder: Path, files: Sequence[File]) -> list[File]:
    """Remove partitions without rows; an empty table keeps one."""
    full = [file for file in files if file.rows] or list(files[:1])
    for file in files:
        if file not in full:
            (folder / file.path).unlink()
    return sorted(full, key=lambda file: file.path)


def _compute(
    exported_snapshot: ExportedSnapshot, plan: Plan, folder: Path, partitions: Sequence[File]
) -> list[File]:
    staged = StagedSnapshot(
        folder,
        tuple(partitions),
        exported_snapshot.taken_at,
        exported_snapshot.limits,
        partial(people.look_up, exported_snapshot),
    )
    try:
        if plan.base is None:
            return views.compute(staged)
        return views.update(staged, plan.base)
    except OrphanedItems as error:
        raise quality_gate.refuse_strays(error.ids) from error


def _manifest(
    exported_snapshot: ExportedSnapshot, target: Target, files: Sequence[File]
) -> Manifest:
    users, items = (sum(file.rows for file in files_of(files, table.dataset)) for table in TABLES)
    return Manifest(
        generation=target.generation,
        taken_at=exported_snapshot.taken_at,
        store=target.store,
        token=uuid4(),
        database=exported_snapshot.database,
        catalog=exported_snapshot.catalog.fingerprint(COLUMNS),
        pg_snapshot=exported_snapshot.pg_snapshot,
        users=users,
        items=items,
        files=tuple(files),
    )


def _check(plan: Plan, folder: Path, manifest: Manifest, *, accept_drop: bool) -> None:
    if any(table.name == "user" for table, _ in plan.tasks):
        quality_gate.check_addresses(folder, manifest.files)
    quality_gate.check_drop(
        plan.previous,
        users=manifest.users,
        items=manifest.items,
        percent=get_settings().refresh_hold_drop_percent,
        accepted=accept_drop,
    )
