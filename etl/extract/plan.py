"""Plans a refresh: export all partitions, those that changed since the last snapshot, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID

from core.snapshots import change_log, folders, integrity, reader
from core.snapshots.change_log import Change
from core.snapshots.manifest import LAYOUT, Broken, File, Manifest, read_manifest
from etl.extract.datasets import COLUMNS, TABLES, Table
from etl.extract.exported_snapshot import ExportedSnapshot

FORCED = "It was asked for."
NO_BASE = "There is no earlier snapshot in this folder."
UNREADABLE = "The earlier snapshot cannot be used: {reason}."
OTHER_LAYOUT = "The earlier snapshot was written by an earlier version of Tally."
OTHER_DATABASE = "The earlier snapshot shows another database."
OTHER_SCHEMA = "The tables, or the triggers that note changes, were altered since."
TRIGGERS_OFF = "Triggers that note changes are missing or off: {names}."
NO_CHECKPOINT = "The notes of changes since the earlier snapshot are not all there."

Task = tuple[Table, int]


@dataclass(frozen=True)
class Base:
    """The published snapshot that an incremental refresh starts from."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True)
class Plan:
    """How to refresh: `tasks` are the partitions to export, `kept` the base's files to reuse.

    `reason` says why a full refresh is necessary. `changes` are the change log entries since the
    base. `previous` is the published snapshot's manifest, even if it cannot be a base.
    """

    mode: Literal["full", "incremental", "unchanged"]
    tasks: tuple[Task, ...]
    base: Base | None = None
    kept: tuple[File, ...] = ()
    changes: tuple[Change, ...] = ()
    reason: str | None = None
    previous: Manifest | None = None


class FullRefreshNeeded(Exception):
    """The earlier snapshot and the change log do not tell everything that changed."""


def make(exported_snapshot: ExportedSnapshot, root: Path, *, store: UUID, full: bool) -> Plan:
    """Return the plan for a snapshot of the exported instant; when in doubt, a full refresh."""
    try:
        if full:
            raise FullRefreshNeeded(FORCED)
        return _since(exported_snapshot, find_base(exported_snapshot, root, store=store))
    except FullRefreshNeeded as error:
        tasks = all_tasks(exported_snapshot, TABLES)
        return Plan("full", tasks, reason=str(error), previous=_previous(root))


def find_base(exported_snapshot: ExportedSnapshot, root: Path, *, store: UUID) -> Base:
    """Return the snapshot to start from.

    Raises `FullRefreshNeeded` if not every change since then is known.
    """
    folder = folders.published_folder(root)
    if folder is None:
        raise FullRefreshNeeded(NO_BASE)
    try:
        if folder in reader.broken():
            raise Broken(reader.broken()[folder])
        manifest = read_manifest(folder)
        integrity.verify_sizes(folder, manifest)
    except Broken as error:
        raise FullRefreshNeeded(UNREADABLE.format(reason=error)) from None
    _compare(exported_snapshot, manifest, store)
    return Base(folder, manifest)


def all_tasks(exported_snapshot: ExportedSnapshot, tables: Sequence[Table]) -> tuple[Task, ...]:
    """Return the partitions that have rows, or partition 0 of an empty table."""
    tasks: list[Task] = []
    for table in tables:
        tasks += [(table, row[0]) for row in exported_snapshot.ask(table.partitions())] or [
            (table, 0)
        ]
    return tuple(tasks)


def _previous(root: Path) -> Manifest | None:
    folder = folders.published_folder(root)
    try:
        return read_manifest(folder) if folder else None
    except Broken:
        return None


def _compare(exported_snapshot: ExportedSnapshot, manifest: Manifest, store: UUID) -> None:
    off = exported_snapshot.catalog.triggers_off()
    if off:
        raise FullRefreshNeeded(TRIGGERS_OFF.format(names=", ".join(off)))
    if manifest.layout != LAYOUT:
        raise FullRefreshNeeded(OTHER_LAYOUT)
    if manifest.database != exported_snapshot.database:
        raise FullRefreshNeeded(OTHER_DATABASE)
    if manifest.catalog != exported_snapshot.catalog.fingerprint(COLUMNS):
        raise FullRefreshNeeded(OTHER_SCHEMA)
    find = partial(
        change_log.find_checkpoint, exported_snapshot.cursor, store=store, token=manifest.token
    )
    if manifest.store != store or exported_snapshot.run(find) != manifest.pg_snapshot:
        raise FullRefreshNeeded(NO_CHECKPOINT)


def _since(exported_snapshot: ExportedSnapshot, base: Base) -> Plan:
    read = partial(change_log.read_since, exported_snapshot.cursor, base.manifest.pg_snapshot)
    found: list[Change] = exported_snapshot.run(read)
    if not found:
        return Plan("unchanged", (), base=base, kept=base.manifest.files)
    try:
        integrity.verify(base.folder)  # what is taken over has to be what was written
    except Broken as error:
        raise FullRefreshNeeded(UNREADABLE.format(reason=error)) from None
    tasks: list[Task] = []
    for table in TABLES:
        partitions = {change.partition for change in found if change.relation == table.name}
        # An entry without a partition is about the whole table, so export all partitions with rows.
        whole = None in partitions
        tasks += (
            all_tasks(exported_snapshot, [table])
            if whole
            else ((table, p) for p in partitions if p is not None)
        )
    return Plan(
        "incremental",
        tuple(sorted(tasks, key=lambda task: (task[0].dataset, task[1]))),
        base=base,
        kept=tuple(_kept(base.manifest, found)),
        changes=tuple(found),
        previous=base.manifest,
    )


def _kept(manifest: Manifest, found: Sequence[Change]) -> list[File]:
    """Return the base's partition files without any change."""
    noted = {(change.relation, change.partition) for change in found}
    return [
        file
        for table in TABLES
        for file in manifest.dataset(table.dataset)
        if (table.name, file.partition) not in noted and (table.name, None) not in noted
    ]
