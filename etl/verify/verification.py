"""Verifies the published snapshot: its rows against the database, its views against its rows."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots import change_log, folders, integrity, reader
from core.snapshots.lease import leased
from core.snapshots.manifest import Broken, File, Manifest
from core.snapshots.reader import NONE_YET
from core.telemetry.setup import tracer
from core.text.wording import first_few
from etl.extract.datasets import TABLES, Table
from etl.extract.exported_snapshot import ExportedSnapshot, export_snapshot
from etl.extract.plan import Task, all_tasks
from etl.extract.workers import extract
from etl.run.deadline import Limits
from etl.run.run_log import Progress
from etl.verify import views as view_check
from etl.verify.views import ViewDifference

FEW = 10
DAMAGED = "Snapshot {name} is damaged: {reason}."


@dataclass(frozen=True)
class Difference:
    """The ids of differing rows of a partition.

    `missing` from the snapshot, `surplus` in it, or `unequal`. `noted` says that the change log has
    an entry for the partition since the snapshot, so differences are expected.
    """

    table: str
    partition: int
    missing: tuple[int, ...]
    surplus: tuple[int, ...]
    unequal: tuple[int, ...]
    noted: bool

    def __str__(self) -> str:
        kinds = (
            ("missing from the snapshot", self.missing),
            ("not in the database", self.surplus),
            ("different", self.unequal),
        )
        text = "; ".join(
            f"{len(ids):,} {kind}: {first_few(ids, FEW)}" for kind, ids in kinds if ids
        )
        return f"{self.table}, part {self.partition}: {text}"


@dataclass(frozen=True)
class Report:
    """What was compared and how it differs; `differences` includes the expected ones.

    `views` are the views that differ from those computed from the snapshot's own rows.
    """

    generation: int
    partitions: int
    differences: tuple[Difference, ...]
    views: tuple[ViewDifference, ...]

    @property
    def wrong(self) -> list[Difference | ViewDifference]:
        """The differences without a change since the snapshot."""
        partitions = [difference for difference in self.differences if not difference.noted]
        return [*partitions, *self.views]

    @property
    def newer(self) -> list[Difference]:
        """The differences of partitions that changed since the snapshot."""
        return [difference for difference in self.differences if difference.noted]


def verify(
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Compare every row of the published snapshot with the database; return the differences.

    Also recomputes its views from its rows and compares them. This reads all rows of both. Raises
    `Unavailable` if PostgreSQL is down, if there is no snapshot, or if its files are damaged.
    """
    limits = Limits(
        stop=stop or threading.Event(),
        deadline=time.monotonic() + get_settings().refresh_timeout_minutes * 60,
    )
    with (
        _open() as (folder, manifest),
        tracer.start_as_current_span("verify snapshot"),
        export_snapshot(limits) as exported_snapshot,
        tempfile.TemporaryDirectory(prefix="tally-verify-") as place,
    ):
        compare = _Comparison(Path(place), folder, manifest, _noted(exported_snapshot, manifest))
        tasks = _tasks(exported_snapshot, manifest)
        for table in TABLES:
            (Path(place) / table.dataset).mkdir()

        def done(file: File) -> None:
            compare.add(file)
            if progress:
                progress(Progress("verify", compare.partitions, len(tasks)))

        extract(exported_snapshot, Path(place), tasks, generation=manifest.generation, done=done)
        views = view_check.compare(folder, manifest, limits)
    return Report(manifest.generation, compare.partitions, tuple(compare.differences), tuple(views))


class _Comparison:
    def __init__(
        self, place: Path, folder: Path, manifest: Manifest, noted: Callable[[str, int], bool]
    ) -> None:
        self._place = place
        self._folder = folder
        self._manifest = manifest
        self._noted = noted
        self.partitions = 0
        self.differences: list[Difference] = []

    def add(self, file: File) -> None:
        """Compare a partition, exported to `file`, with the snapshot's; delete the file."""
        table = next(t for t in TABLES if file.belongs_to(t.dataset))
        partition = file.partition or 0
        now = pl.read_parquet(self._place / file.path)
        (self._place / file.path).unlink()
        found = [f for f in self._manifest.dataset(table.dataset) if f.partition == partition]
        then = pl.read_parquet(self._folder / found[0].path) if found else now.clear()
        # A snapshot of an earlier version has fewer columns.
        missing, surplus, unequal = _compare(table, then, now.select(then.columns))
        if missing or surplus or unequal:
            noted = self._noted(table.name, partition)
            self.differences.append(
                Difference(table.name, partition, missing, surplus, unequal, noted)
            )
        self.partitions += 1


@contextmanager
def _open() -> Iterator[tuple[Path, Manifest]]:
    """Verify the published snapshot, and keep it from being pruned during the block."""
    folder = folders.published_folder(get_settings().parquet_path.resolve())
    if folder is None:
        raise Unavailable(NONE_YET)
    with ExitStack() as held:
        try:
            held.enter_context(leased(folder))
            manifest = integrity.verify(folder)
        except OSError as error:
            problem = f"its manifest cannot be opened: {error.strerror}"
            raise Unavailable(DAMAGED.format(name=folder.name, reason=problem)) from error
        except Broken as error:
            reader.condemn(folder, error)
            raise Unavailable(DAMAGED.format(name=folder.name, reason=error)) from error
        yield folder, manifest


def _tasks(exported_snapshot: ExportedSnapshot, manifest: Manifest) -> tuple[Task, ...]:
    """Return the partitions that have rows in the database or in the snapshot."""
    tasks = set(all_tasks(exported_snapshot, TABLES))
    for table in TABLES:
        tasks |= {(table, file.partition or 0) for file in manifest.dataset(table.dataset)}
    return tuple(sorted(tasks, key=lambda task: (task[0].name, task[1])))


def _noted(exported_snapshot: ExportedSnapshot, manifest: Manifest) -> Callable[[str, int], bool]:
    """Return a function that tells whether the change log has an entry for a partition.

    Without the snapshot's checkpoint, or for another database, it returns False.
    """
    find = partial(
        change_log.find_checkpoint,
        exported_snapshot.cursor,
        store=manifest.store,
        token=manifest.token,
    )
    if (
        exported_snapshot.database != manifest.database
        or exported_snapshot.run(find) != manifest.pg_snapshot
    ):
        return lambda _table, _part: False
    read = partial(change_log.read_since, exported_snapshot.cursor, manifest.pg_snapshot)
    noted = {(change.relation, change.partition) for change in exported_snapshot.run(read)}
    return lambda table, partition: (table, partition) in noted or (table, None) in noted


def _compare(
    table: Table, then: pl.DataFrame, now: pl.DataFrame
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    key = table.schema.names[0]
    if then.equals(now):
        return (), (), ()
    missing = now.join(then, on=key, how="anti")[key]
    surplus = then.join(now, on=key, how="anti")[key]
    equal = now.join(then, on=now.columns, how="semi", nulls_equal=True)
    unequal = now.join(equal, on=key, how="anti").join(then, on=key, how="semi")[key]
    return tuple(missing), tuple(surplus), tuple(unequal)
