"""One new snapshot in a staging folder: from a plan to files that have proved to be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from uuid import UUID, uuid4

from core.settings import get_settings
from core.snapshots import reader
from core.snapshots.manifest import Broken, File, Manifest, files_of
from core.telemetry import malloc
from etl.extract.datasets import COLUMNS, TABLES
from etl.extract.exported_snapshot import ExportedSnapshot
from etl.extract.plan import Plan
from etl.extract.workers import extract
from etl.publish import quality_gate
from etl.publish import store as snapshot_store
from etl.run.deadline import Limits
from etl.run.run_log import Record
from etl.views import build as views
from etl.views.ranking import OrphanedItems


@dataclass(frozen=True)
class Built:
    """A sealed snapshot, not yet published; `written` are its files that are new."""

    folder: Path
    manifest: Manifest
    parts: tuple[File, ...]
    written: tuple[File, ...]


def build(
    exported_snapshot: ExportedSnapshot,
    plan: Plan,
    folder: Path,
    *,
    generation: int,
    store: UUID,
    accept_drop: bool,
    row: Record,
    limits: Limits,
) -> Built:
    """Write, check and seal a snapshot in `folder`.

    Raises `Rejected` or `Held` when it may not be published, and `Unavailable`.
    """
    quality_gate.check_columns(exported_snapshot)
    with row.step("export", total=len(plan.tasks)):
        parts = _export(exported_snapshot, plan, folder, generation, row, limits)
    malloc.release()
    with row.step("compute"):
        limits.check()
        files = [*parts, *_compute(exported_snapshot, plan, folder, parts, limits)]
    malloc.release()
    with row.step("verify"):
        limits.check()
        manifest = _manifest(exported_snapshot, files, generation=generation, store=store)
        _check(plan, folder, manifest, accept_drop=accept_drop)
        snapshot_store.seal(folder, manifest)
        reader.verify(folder)
    old = {file.path for file in plan.base.manifest.files} if plan.base else set()
    return Built(
        folder,
        manifest,
        parts=tuple(file for file in parts if file.path not in old),
        written=tuple(file for file in files if file.path not in old),
    )


def _export(
    exported_snapshot: ExportedSnapshot,
    plan: Plan,
    folder: Path,
    generation: int,
    row: Record,
    limits: Limits,
) -> list[File]:
    """Return all parts of the new snapshot: those written, and those that are the base's."""
    if plan.base is not None:
        _link(plan.base.folder, folder, plan.kept)
    written = extract(
        exported_snapshot,
        folder,
        generation=generation,
        tasks=plan.tasks,
        workers=get_settings().refresh_workers or cpu_count() or 1,
        limits=limits,
        done=lambda _: row.advance(),
    )
    return [
        file
        for table in TABLES
        for file in _drop_empty(folder, files_of((*plan.kept, *written), table.dataset))
    ]


def _link(base: Path, folder: Path, files: Sequence[File]) -> None:
    for file in files:
        try:
            (folder / file.path).hardlink_to(base / file.path)
        except FileNotFoundError as error:
            raise Broken(f"{file.path} of the earlier snapshot is missing") from error


def _drop_empty(folder: Path, files: Sequence[File]) -> list[File]:
    """Remove parts without rows, but for one where a table has no rows at all."""
    full = [file for file in files if file.rows] or list(files[:1])
    for file in files:
        if file not in full:
            (folder / file.path).unlink()
    return sorted(full, key=lambda file: file.path)


def _compute(
    exported_snapshot: ExportedSnapshot,
    plan: Plan,
    folder: Path,
    parts: Sequence[File],
    limits: Limits,
) -> list[File]:
    try:
        if plan.base is None:
            return views.compute(folder, parts, exported_snapshot, limits)
        return views.update(folder, plan.base, parts, exported_snapshot, limits)
    except OrphanedItems as error:
        raise quality_gate.refuse_strays(error.ids) from error


def _manifest(
    exported_snapshot: ExportedSnapshot, files: Sequence[File], *, generation: int, store: UUID
) -> Manifest:
    users, items = (sum(f.rows for f in files_of(files, table.dataset)) for table in TABLES)
    return Manifest(
        generation=generation,
        taken_at=exported_snapshot.taken_at,
        store=store,
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
