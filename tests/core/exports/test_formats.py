"""The formats: read back by other libraries to the last row, and refused by them when cut off."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exports.formats import FORMATS, Sheet
from core.exports.formats.cells import shown
from core.exports.formats.spreadsheet_csv import BYTE_ORDER_MARK

AS_OF = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOSTILE = [
    "=cmd|' /C calc'!A1",
    "+1",
    "-1",
    "@SUM(1)",
    "\ttab",
    "\rreturn",
    "\nline",
    "\uff1d1",
    'say "hi"',
    "a,b;c",
    "two\r\nlines",
    " space ",
    "",
    None,
    "\ufeffmark",
    "\u202eright to left",
    "שלום",
    "👩‍👩‍👧‍👦 Zoë 田中",
    "x" * 255,
    "&<>\"'",
    "]]>",
    "_x0041_x0042_",
    "\x01\x1f\x0b\ufffe",
    "NULL",
    "nan",
]
# Everything that PostgreSQL keeps as text.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=255)
MOMENTS = st.integers(-2_203_800_000, 32_472_144_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def people(names: list[str | None], moments: list[datetime] | None = None) -> pl.DataFrame:
    """Rows of every type, one for each name."""
    count = len(names)
    return pl.DataFrame(
        {
            "rank": range(1, count + 1),
            "user_id": [10**17 + n for n in range(count)],
            "full_name": names,
            "is_active": [n % 2 == 0 for n in range(count)],
            "created_at": moments or [AS_OF + timedelta(microseconds=n) for n in range(count)],
            "day": [date(2026, 1, 1) + timedelta(days=n) for n in range(count)],
        },
        schema={
            "rank": pl.Int64,
            "user_id": pl.Int64,
            "full_name": pl.String,
            "is_active": pl.Boolean,
            "created_at": pl.Datetime("us", "UTC"),
            "day": pl.Date,
        },
    )


def sheet(
    frame: pl.DataFrame,
    *,
    zone: str = "UTC",
    batch: int = 7,
    frames: Iterable[pl.DataFrame] | None = None,
) -> Sheet:
    """A sheet of a frame, in batches."""
    return Sheet(
        title="People",
        as_of=AS_OF,
        schema=frame.schema,
        rows=frame.height,
        frames=frames or frame.iter_slices(batch),
        zone=ZoneInfo(zone),
        identities=frozenset({"user_id"}),
        about={"As of": "2026-11-23 06:00:00 UTC", "Filters": "none"},
    )


def written(name: str, content: Sheet) -> bytes:
    """The file."""
    return b"".join(FORMATS[name].write(content))


def strict_csv(content: bytes, separator: str = ",") -> list[list[str]]:
    """The rows of CSV, as a reader has them who forgives nothing."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=separator, strict=True))


def workbook(content: bytes) -> list[tuple[object, ...]]:
    """The rows of the first sheet of a workbook, header included."""
    rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return list(rows)


READERS: dict[str, Callable[[bytes], object]] = {
    "csv": strict_csv,
    "semicolon.csv": partial(strict_csv, separator=";"),
    "raw.csv": strict_csv,
    "xlsx": workbook,
    "parquet": lambda content: pq.read_table(io.BytesIO(content)),
    "json": json.loads,
}
REFUSALS = (csv.Error, zipfile.BadZipFile, pa.ArrowInvalid, json.JSONDecodeError)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(HOSTILE)), max_size=20), MOMENTS)
def test_raw_csv_is_lossless(names: list[str | None], moment: datetime) -> None:
    frame = people(names, [moment] * len(names))
    rows = strict_csv(written("raw.csv", sheet(frame)))
    assert rows[0] == frame.columns
    assert [
        [str(r), str(u), n or "", str(a).lower(), f"{c:%Y-%m-%dT%H:%M:%S.%f}Z", str(d)]
        for r, u, n, a, c, d in frame.rows()
    ] == rows[1:]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(HOSTILE)), max_size=20), MOMENTS)
def test_parquet_and_json_are_lossless(names: list[str | None], moment: datetime) -> None:
    frame = people(names, [moment] * len(names))
    table = pq.read_table(io.BytesIO(written("parquet", sheet(frame))))
    assert table.to_pylist() == frame.to_dicts()
    told = json.loads(written("json", sheet(frame)))
    assert [
        {**row, "created_at": datetime.fromisoformat(row["created_at"])} for row in told
    ] == frame.with_columns(pl.col("day").cast(pl.String)).to_dicts()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(HOSTILE)), max_size=20), MOMENTS)
def test_a_workbook_shows_the_same_text_to_all_readers(
    names: list[str | None], moment: datetime
) -> None:
    moment = moment.replace(microsecond=0)
    frame = people(names, [moment] * len(names))
    header, *rows = workbook(written("xlsx", sheet(frame)))
    assert header[:4] == ("rank", "user_id", "full_name", "is_active")
    assert rows == [
        (r, str(u), n and shown(n), a, moment.replace(tzinfo=None), datetime.combine(d, time()))
        for r, u, n, a, _, d in frame.rows()
    ]
    sheets = python_calamine.load_workbook(io.BytesIO(written("xlsx", sheet(frame))))
    _, *others = sheets.get_sheet_by_index(0).to_python()
    assert [row[2] for row in others] == [(n and shown(n)) or "" for n in names]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("two\r\nlines\rand\nmore", "two\nlines\nand\nmore"),
        ("\x00\x01\x1b\x1f\ufffe", "␀␁␛␟\ufffd"),
        ("a _x000D_ and _x005F_x0041_", "a _x000D_ and _x005F_x0041_"),
        ("_x005F_x005F_x005f_", "_x005F_x005F_x005f_"),
        ("my_xbar", "my_xbar"),
        ("y" * 32_767, "y" * 32_767),
        ("y" * 32_768, "y" * 32_766 + "…"),
        ("😀" * 16_384, "😀" * 16_383 + "…"),
        ("é" * 20_000, "é" * 20_000),
    ],
)
def test_a_workbook_shows_what_no_cell_can_hold(text: str, cell: str) -> None:
    content = written("xlsx", sheet(people([text, "Ann", None])))
    assert [row[2] for row in workbook(content)[1:]] == [cell, "Ann", None]
    other = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in other[1:]] == [cell, "Ann", ""]
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        inside = file.read("xl/worksheets/sheet1.xml").decode()
    runs = re.findall(r"<t [^>]*>([^<]*)</t>", inside)
    assert not [run for run in runs if re.search("_x[0-9A-Fa-f]{4}_", run)], "Excel reads escapes"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(HOSTILE)), max_size=20))
def test_csv_for_excel_changes_nothing_but_an_apostrophe(names: list[str | None]) -> None:
    frame = people(names)
    rows = strict_csv(written("csv", sheet(frame)))[1:]
    for row, name in zip(rows, names, strict=True):
        assert row[2] in {name or "", f"'{name}"}
        assert row[2][:1] not in {*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"} - {""}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_for_excel_moments_are_in_the_readers_zone(zone: str) -> None:
    # St John's goes back from 02:00 at 04:30 UTC on 1 November, and forward on 8 March.
    ends = datetime(2026, 11, 1, 2, tzinfo=UTC), datetime(2026, 3, 8, 3, tzinfo=UTC)
    moments = [end + timedelta(minutes=30 * n) for end in ends for n in range(10)]
    frame = people(["x"] * len(moments), moments)
    expected = [m.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for m in moments]
    head, *rows = strict_csv(written("csv", sheet(frame, zone=zone)))
    assert head[4] == f"created_at ({zone})"
    assert [datetime.fromisoformat(row[4]) for row in rows] == expected
    names, *cells = workbook(written("xlsx", sheet(frame, zone=zone)))
    assert names[4] == f"created_at ({zone})"
    assert [cell[4] for cell in cells] == expected
    for name in ("raw.csv", "json", "parquet"):
        assert written(name, sheet(frame, zone=zone)) == written(name, sheet(frame))


def test_days_before_excels_calendar_are_written_out() -> None:
    old = datetime(1890, 1, 1, 12, tzinfo=UTC)
    rows = workbook(written("xlsx", sheet(people(["Ada"], [old]))))
    assert rows[1][4] == "1890-01-01 12:00:00.000000"


def test_duckdb_and_pandas_read_all_to_the_last_row(tmp_path: Path) -> None:
    frame = people([*HOSTILE, *(f"Name {n}" for n in range(50_000))])
    for name in FORMATS:
        content = written(name, sheet(frame, batch=9_999))
        (tmp_path / f"people.{name}").write_bytes(content)
    counted = "count(*), max(rank), sum(user_id - 100000000000000000), count(full_name)"
    expected = (50_025, 50_025, sum(range(50_025)), 50_024)
    for name in ("raw.csv", "parquet", "json"):
        source = f"'{tmp_path}/people.{name}'"
        if name == "raw.csv":
            source = f"read_csv({source}, allow_quoted_nulls = false, strict_mode = true)"
        assert duckdb.execute(f"SELECT {counted} FROM {source}").fetchall() == [expected]
    last = pd.read_csv(tmp_path / "people.csv", encoding="utf-8-sig").iloc[-1]
    assert (last["rank"], last["user_id"], last["full_name"]) == (
        50_025,
        "'100000000000050024",
        "Name 49999",
    )
    read = pd.read_excel(tmp_path / "people.xlsx", dtype={"user_id": str}, engine="openpyxl")
    assert len(read) == 50_025
    assert read["user_id"].iloc[-1] == "100000000000050024"
    assert pd.read_parquet(tmp_path / "people.parquet")["full_name"].iloc[-1] == "Name 49999"
    assert pd.read_json(tmp_path / "people.json")["rank"].iloc[-1] == 50_025


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_are_a_whole_file(name: str) -> None:
    content = written(name, sheet(people([])))
    read = READERS[name](content)
    columns = {"json": [], "parquet": 0}.get(name)
    if name == "json":
        assert read == columns
    elif isinstance(read, pa.Table):
        assert (read.num_rows, read.column_names) == (columns, people([]).columns)
    else:
        assert isinstance(read, list)
        assert len(read) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_what_ends_between_two_parts_is_refused_by_readers(name: str) -> None:
    parts = list(FORMATS[name].write(sheet(people(HOSTILE))))
    assert len(parts) > 3
    for count in range(1, len(parts)):
        with pytest.raises(REFUSALS):
            READERS[name](b"".join(parts[:count]))
    READERS[name](b"".join(parts))


@pytest.mark.parametrize("name", FORMATS)
def test_a_source_that_breaks_leaves_a_file_that_is_refused(name: str) -> None:
    def breaking() -> Iterator[pl.DataFrame]:
        yield from people(HOSTILE).iter_slices(7)
        raise ConnectionError

    content = bytearray()
    with pytest.raises(ConnectionError):  # noqa: PT012
        for part in FORMATS[name].write(sheet(people(HOSTILE), frames=breaking())):
            content += part
    with pytest.raises(REFUSALS):
        READERS[name](bytes(content))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_rows_are_the_same_bytes(name: str) -> None:
    assert written(name, sheet(people(HOSTILE))) == written(name, sheet(people(HOSTILE)))


def test_csv_for_excel_begins_with_its_mark_and_has_one_line_a_row() -> None:
    content = written("csv", sheet(people(["Ann", "Bo"])))
    assert content.startswith(BYTE_ORDER_MARK + b'"rank","user_id"')
    assert content.count(b"\r\n") == 3


def test_a_workbook_says_where_it_is_from() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", sheet(people(["Ann"])))))
    assert book.sheetnames == ["People", "About"]
    assert [c.value for c in book["About"]["B"]] == ["2026-11-23 06:00:00 UTC", "none"]
    assert book["People"].freeze_panes == "A2"
    assert book["People"].dimensions == "A1:F2"
    assert [c.number_format for c in book["People"][2]][:5] == [
        "#,##0",
        "@",
        "@",
        "General",
        "yyyy-mm-dd hh:mm:ss",
    ]


def test_parquet_says_where_it_is_from() -> None:
    told = pq.read_metadata(io.BytesIO(written("parquet", sheet(people(["Ann"]))))).metadata
    assert told[b"tally.as_of"] == b"2026-11-23 06:00:00 UTC"
