"""What views are computed from and written to: a snapshot whose partitions are all there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from core.snapshots.manifest import File, files_of
from etl.extract.parquet_writer import write_file
from etl.extract.plan import Base
from etl.run.deadline import Limits
from etl.views.people import Lookup

ROW_GROUP = 1 << 16


@dataclass(frozen=True)
class Rewritten:
    """Partition files of one table as they were and as they are now."""

    before: Sequence[Path]
    after: Sequence[Path]


@dataclass(frozen=True)
class StagedSnapshot:
    """A snapshot in the making, in `folder`, as of `taken_at`; its partitions are written.

    `look_up` returns people by their ids as they were then, within the limits of the refresh.
    """

    folder: Path
    partitions: tuple[File, ...]
    taken_at: datetime
    limits: Limits
    look_up: Lookup

    def files(self, dataset: str) -> list[File]:
        """Return the partitions of one table."""
        return files_of(self.partitions, dataset)

    def paths(self, dataset: str) -> list[Path]:
        """Return where the partitions of one table are."""
        return [self.folder / file.path for file in self.files(dataset)]

    def count_rows(self, dataset: str) -> int:
        """Return how many rows a table has."""
        return sum(file.rows for file in self.files(dataset))

    def rewritten_since(self, base: Base, dataset: str) -> Rewritten:
        """Return the partitions of a table that are not the same files as in the base."""
        before = {file.path for file in base.manifest.dataset(dataset)}
        after = {file.path for file in self.files(dataset)}
        return Rewritten(
            before=[base.folder / path for path in sorted(before - after)],
            after=[self.folder / path for path in sorted(after - before)],
        )

    def write_view(
        self, path: str, schema: pa.Schema, tables: Iterable[pa.Table], *, group: int = ROW_GROUP
    ) -> File:
        """Write a view, in row groups of so many rows, and return its entry in the manifest.

        It is quick to unpack, as a search has to unpack a whole column.
        """
        encodings = {
            field.name: "DELTA_LENGTH_BYTE_ARRAY"
            if pa.types.is_string(field.type)
            else "DELTA_BINARY_PACKED"
            for field in schema
            if not pa.types.is_boolean(field.type) and not pa.types.is_dictionary(field.type)
        }
        return write_file(
            self.folder,
            path,
            schema,
            tables,
            row_group_size=group,
            use_dictionary=[f.name for f in schema if pa.types.is_dictionary(f.type)],
            compression="lz4",
            column_encoding=encodings,
        )
