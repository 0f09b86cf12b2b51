"""Parquet: exact types, one row group per batch; without the footer at its end it is unreadable."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from core.analytics.frames import to_table
from core.exports.formats.parts import Parts
from core.exports.formats.sheet import Sheet


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file in chunks; `sheet.about` becomes its metadata."""
    out = Parts()
    schema = to_table(sheet.header()).schema.with_metadata(_named(sheet.about))
    writer = pq.ParquetWriter(pa.PythonFile(out, mode="w"), schema, compression="zstd")
    for frame in sheet.frames:
        writer.write_table(to_table(frame).cast(schema))
        yield out.take()
    writer.close()
    yield out.take()


def _named(about: Mapping[str, str]) -> dict[str, str]:
    return {f"tally.{name.lower().replace(' ', '_')}": value for name, value in about.items()}
