"""Reads Parquet, and JSON as one array or with one object per line."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.manage.readers.table import Cell, Rows, Table, Unreadable

BATCH = 8_192  # rows
LARGEST = 64 << 20  # bytes of JSON that does not have one object per line
NOT_BY_LINE = "Write JSON of more than 64 MB with one object per line, as Tally does."
NO_OBJECTS = "This is JSON, but not a list of objects."
BROKEN = (pa.ArrowException, OSError)  # Arrow's errors for a damaged file


def open_parquet(path: Path, at_byte: Callable[[int], None]) -> Table:
    """Return the table of a Parquet file; raise `Unreadable`."""
    try:
        file = pq.ParquetFile(path)
    except BROKEN as error:
        raise Unreadable(f"This Parquet file cannot be read: {_on_one_line(error)}.") from error
    return Table(_parquet_rows(file, path.stat().st_size, at_byte), unit="row")


def _parquet_rows(file: pq.ParquetFile, size: int, at_byte: Callable[[int], None]) -> Rows:
    yield 0, file.schema_arrow.names
    number = 0
    try:
        for batch in file.iter_batches(BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, cells
            at_byte(size * number // max(1, file.metadata.num_rows))
    except BROKEN as error:
        raise Unreadable(f"This Parquet file is damaged: {_on_one_line(error)}.", number) from error
    at_byte(size)


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def open_json(path: Path, at_byte: Callable[[int], None]) -> Table:
    """Return the table of a JSON file, read by line if it has one object on each."""
    return Table(_json_rows(path, at_byte))


def _json_rows(path: Path, at_byte: Callable[[int], None]) -> Rows:
    names: list[str] = []
    with path.open("rb") as file:
        for line, text in enumerate(file, 1):
            bare = text.removeprefix(b"\xef\xbb\xbf").strip().removesuffix(b",")
            if bare in {b"", b"[", b"]", b"[]"}:
                continue
            try:
                found = json.loads(bare)
            except ValueError:
                if names:
                    raise Unreadable("This is not JSON from here on.", line) from None
                yield from _whole(path)
                break
            if not isinstance(found, dict):
                yield from _whole(path)
                break
            if not names:
                names = list(found)
                yield line, names
            yield line, _cells(found, names, line)
            at_byte(file.tell() if line % BATCH == 0 else 0)
    at_byte(path.stat().st_size)


def _whole(path: Path) -> Rows:
    if path.stat().st_size > LARGEST:
        raise Unreadable(NOT_BY_LINE)
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise Unreadable(f"This is not JSON: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable(NO_OBJECTS)
    names = list(dict.fromkeys(name for each in found for name in each))
    yield 1, names
    for number, each in enumerate(found, 1):
        yield number, _cells(each, names, number)


def _cells(row: Mapping[str, Any], names: list[str], line: int) -> list[Cell]:
    if others := [name for name in row if name not in names]:
        raise Unreadable(f"The first object has no “{others[0]}”.", line)
    return [_cell(row.get(name)) for name in names]


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return json.dumps(value)
