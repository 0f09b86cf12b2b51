"""Trends: what was created in each step and in all by then, as the page and its exports have it."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.actor import Actor
from core.analytics.trend_filter import TrendFilter, Window
from core.analytics.trends import steps, trend
from core.calendar.steps import Step
from core.errors import Invalid
from core.exports import export
from core.exports.catalog import QUESTIONS
from core.exports.export import Order
from core.exports.formats import FORMATS
from core.snapshots import reader
from tests.conftest import execute
from tests.etl.conftest import take_snapshot

SCHEMA = {"day": pl.Date, "users": pl.Int64, "items": pl.Int64}
EMPTY = pl.DataFrame(schema=SCHEMA)
DAYS = pl.DataFrame(
    {"day": [date(2026, 1, 5), date(2026, 1, 27)], "users": [1, 2], "items": [0, 7]}, schema=SCHEMA
)
DATES = st.dates(date(2025, 12, 1), date(2026, 3, 31))
CREATED = st.dictionaries(DATES, st.integers(1, 5), max_size=8)
KATHMANDU = ZoneInfo("Asia/Kathmandu")
BEFORE_MIDNIGHT = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # 00:15 on 3 March in Kathmandu


def weeks(window: Window) -> list[tuple[object, ...]]:
    """The weeks of `DAYS` that begin in a window."""
    return steps(DAYS, TrendFilter(Step.WEEK, window=window), until=date(2026, 2, 4)).rows()


def test_steps_without_anything_are_there_and_sums_go_on() -> None:
    assert weeks(Window()) == [
        (date(2026, 1, 5), 1, 1, 0, 0, False),
        (date(2026, 1, 12), 0, 1, 0, 0, False),
        (date(2026, 1, 19), 0, 1, 0, 0, False),
        (date(2026, 1, 26), 2, 3, 7, 7, False),
        (date(2026, 2, 2), 0, 3, 0, 7, True),
    ]


def test_a_window_cuts_steps_and_counts_those_before_it() -> None:
    monday = date(2026, 1, 26)
    assert weeks(Window(monday, monday)) == [(monday, 0, 1, 0, 0, True)]
    assert weeks(Window(monday, date(2026, 2, 1))) == [(monday, 2, 3, 7, 7, False)]
    assert weeks(Window(date(2026, 1, 27))) == [
        (monday, 2, 3, 7, 7, True),
        (date(2026, 2, 2), 0, 3, 0, 7, True),
    ]
    assert weeks(Window(date(2026, 1, 28))) == [
        (monday, 0, 3, 0, 7, True),
        (date(2026, 2, 2), 0, 3, 0, 7, True),
    ]
    assert weeks(Window(date(2026, 2, 5))) == weeks(Window(last=date(2026, 1, 4))) == []


@settings(max_examples=200, deadline=None)
@given(created=CREATED, ends=st.tuples(DATES | st.none(), DATES | st.none()), until=DATES)
def test_what_is_new_between_two_days_is_the_same_by_every_step(
    created: dict[date, int], ends: tuple[date | None, date | None], until: date
) -> None:
    one, other = ends
    window = Window(*sorted((one, other))) if one and other else Window(one, other)
    first, last = window.first or date.min, window.last or date.max
    rows = {"day": sorted(created), "items": [created[day] for day in sorted(created)]}
    frame = pl.DataFrame(rows, schema={"day": pl.Date, "items": pl.Int64})
    new = sum(count for day, count in created.items() if first <= day <= last)
    by_then = sum(count for day, count in created.items() if day <= last)
    for step in Step:
        found = steps(frame, TrendFilter(step, window=window), until=until)
        assert found["items"].sum() == new
        assert found.is_empty() or found["items_in_all"][-1] == by_then
        ends_after = found["day"].dt.offset_by(step.length)
        for day, end, partial in zip(found["day"], ends_after, found["partial"], strict=True):
            counted = [day + timedelta(days=n) for n in range((end - day).days)]
            assert partial == any(not first <= each <= last or each >= until for each in counted)


@pytest.mark.parametrize("step", Step)
def test_nothing_at_all_is_one_step_of_nothing(step: Step) -> None:
    found = steps(EMPTY, TrendFilter(step), until=date(2026, 1, 1))
    assert found.select("users", "items", "items_in_all").rows() == [(0, 0, 0)]


@pytest.fixture
def snapshot(environment: str, superuser: Actor) -> reader.Snapshot:
    """Two items of one owner just before midnight in UTC, and one of another ten days later."""
    execute(
        environment,
        "INSERT INTO \"user\" (email, hashed_password) VALUES ('ann@x', '!'), ('bo@x', '!')",
        f"""INSERT INTO item (title, owner_id, created_at)
            SELECT 'thing', id, '{BEFORE_MIDNIGHT.isoformat()}' FROM "user", generate_series(1, 2)
            WHERE email = 'ann@x'
            UNION ALL SELECT 'late', id, timestamptz '{BEFORE_MIDNIGHT.isoformat()}' + '10 days'
            FROM "user" WHERE email = 'bo@x'""",
    )
    return take_snapshot()


def taken(actor: Actor, format: str, **query: str) -> bytes:
    """The file that somebody in Kathmandu gets."""
    question = QUESTIONS["trends"]
    order = Order(question, question.parse(query, KATHMANDU), FORMATS[format], KATHMANDU)
    return b"".join(export.prepare(order, actor=actor).parts())


def test_the_file_has_the_days_of_the_reader(snapshot: reader.Snapshot, superuser: Actor) -> None:
    query = {"step": "day", "from": "2026-03-02", "until": "2026-03-13"}
    rows = json.loads(taken(superuser, "json", **query))
    assert [row["day"] for row in rows] == [f"2026-03-{day:02}" for day in range(3, 14)]
    assert [(row["items"], row["items_in_all"]) for row in rows] == [(2, 2)] + [(0, 2)] * 9 + [
        (1, 3)
    ]
    book = openpyxl.load_workbook(io.BytesIO(taken(superuser, "xlsx", **query)))
    sheet = list(book["Trends"].iter_rows(values_only=True))
    assert sheet[0][0] == "day (Asia/Kathmandu)"
    assert sheet[1][3:5] == (2, 2)
    assert sheet[1][0] == datetime(2026, 3, 3)  # noqa: DTZ001 - cells have no zone
    raw = pl.read_csv(taken(superuser, "raw.csv", **query))
    assert raw.columns == ["day", "users", "users_in_all", "items", "items_in_all", "partial"]
    assert raw.height == len(sheet) - 1 == 11
    excel = pl.read_csv(taken(superuser, "csv", **query))
    assert excel["items_in_all"].to_list() == [row["items_in_all"] for row in rows]


def test_of_one_owner_there_are_items_alone(
    snapshot: reader.Snapshot, superuser: Actor, environment: str
) -> None:
    frame = trend(snapshot, TrendFilter(Step.DAY, zone="UTC"))
    assert frame["items"].sum() == 3
    (owner,) = {row["owner_id"] for row in rows_of(snapshot, "late")}
    found = pl.read_csv(taken(superuser, "raw.csv", step="day", owner=str(owner)))
    assert found.columns == ["day", "items", "items_in_all", "partial"]
    assert found["day"][0] == "2026-03-13"
    assert found["items"].sum() == found["items_in_all"][-1] == 1


def rows_of(snapshot: reader.Snapshot, title: str) -> list[dict[str, int]]:
    """The items of a title."""
    files = snapshot.files(reader.ITEMS)
    found: pl.DataFrame = pl.read_parquet(files).filter(pl.col("title") == title)
    return found.to_dicts()


@pytest.mark.parametrize(
    "query",
    [
        {"step": "hour"},
        {"owner": "ann"},
        {"owner": "0"},
        {"from": "2026-02-30"},
        {"from": "2026-03-02", "until": "2026-03-01"},
        {"of": "items"},
    ],
)
def test_what_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        QUESTIONS["trends"].parse(query, KATHMANDU)


def test_a_window_cuts_the_days_of_a_step() -> None:
    monday, next_monday = date(2026, 3, 2), date(2026, 3, 9)
    assert Window().cut(monday, next_monday) == (monday, next_monday)
    cut = Window(date(2026, 3, 4), date(2026, 3, 5)).cut(monday, next_monday)
    assert cut == (date(2026, 3, 4), date(2026, 3, 6))
    wide = Window(date(2026, 1, 1), date(2026, 12, 31))
    assert wide.cut(monday, next_monday) == (monday, next_monday)
