"""Trends: exact numbers by step and owner, in the reader's zone, and what odd input gets."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core import process
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item, User
from dashboard.pictures.renderer import Renderer
from dashboard.ui import local_time
from etl import refresh
from tests.pages.conftest import Open, drawn, plain
from tests.pages.test_pictures import links, take

DST = datetime(2026, 3, 8, 3, 29, 59, tzinfo=UTC)  # the last second of 7 March in St. John's


def told(at: AppTest) -> str:
    return plain(" ".join(caption.value for caption in at.main.caption))


def test_new_items_by_day_week_and_month(world: Actor, open_page: Open) -> None:
    days = {f"2026-03-0{day}": 1 for day in range(1, 7)}
    assert drawn(open_page(world, "trends", step="day")) == days
    assert drawn(open_page(world, "trends")) == {"2026-02-23": 1, "2026-03-02": 5}
    assert drawn(open_page(world, "trends", step="month", of="users")) == {"2026-03-01": 5}


def test_all_in_all(world: Actor, open_page: Open) -> None:
    found = drawn(open_page(world, "trends", step="day", show="total"))
    assert [found[f"2026-03-0{day}"] for day in range(1, 7)] == [1, 2, 3, 4, 5, 6]
    assert max(found.values()) == 6


def test_one_owner(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        bo = db.query(User).filter_by(email="bo@example.com").one().id
    at = open_page(world, "trends", step="day", owner=str(bo))
    assert drawn(at) == {"2026-03-04": 1, "2026-03-05": 1}
    assert "Items of bo@example.com" in told(at)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", "2026-03-08"), ("America/St_Johns", "2026-03-07"), ("Asia/Kathmandu", "2026-03-08")],
)
def test_days_are_those_of_the_reader(
    world: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch, zone: str, day: str
) -> None:
    with transaction() as db:
        db.execute(update(Item).values(created_at=DST))
    refresh.run(trigger="manual")
    monkeypatch.setattr(local_time, "zone", lambda: ZoneInfo(zone))
    at = open_page(world, "trends", step="day")
    assert drawn(at) == {day: 6}
    assert f"Days begin and end in {zone}" in told(at)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"step": "hour"}, "There is no “hour” for step"),
        ({"of": "cats"}, "There is no “cats” for what"),
        ({"owner": "x"}, "“x” is no user id"),
        ({"owner": "999999"}, "There is no user 999999 in this snapshot"),
        ({"owner": "1", "of": "users"}, "Users have no owner"),
        ({"from": "2026-02-30"}, "2026-02-28 was taken"),
        ({"from": "2026-05-01", "until": "2026-01-01"}, "swapped"),
        ({"until": "whenever"}, "it was left out"),
    ],
)
def test_an_address_that_makes_no_sense_is_put_right_and_told(
    world: Actor, open_page: Open, query: dict[str, str], said: str
) -> None:
    at = open_page(world, "trends", **query)
    assert not at.exception
    assert said in told(at)
    assert at.get("vega_lite_chart")


RANGES = [
    {"from": "2026-03-02", "until": "2026-03-04"},
    {"from": "2026-03-03", "until": "2026-03-03"},
    {"from": "2026-03-04"},
    {"until": "2026-03-02"},
]


@pytest.mark.parametrize("step", ["day", "week", "month"])
@pytest.mark.parametrize(
    ("query", "new"),
    list(zip(RANGES, (3, 1, 3, 2), strict=True)),
    ids=["both", "one", "from", "until"],
)
def test_figure_chart_file_and_picture_count_the_same_whatever_the_step(
    world: Actor,
    open_page: Open,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    query: dict[str, str],
    new: int,
) -> None:
    specs: list[dict[str, Any]] = []

    def render(spec: dict[str, Any], _: object) -> bytes:
        specs.append(spec)
        return b"drawn"

    monkeypatch.setattr(process.resource(Renderer), "render", render)
    at = open_page(world, "trends", step=step, **query)
    assert {m.label: m.value for m in at.metric}["New items"] == f"{new}"
    assert sum(drawn(at).values()) == new
    found = links(at)
    (file,) = [address for address in found if ".raw.csv" in address]
    assert pl.read_csv(take(world, file))["items"].sum() == new
    (picture,) = [address for address in found if ".svg" in address]
    assert take(world, picture) == b"drawn"
    assert sum(row["count"] for row in specs[0]["data"]["values"]) == new
    said = f"A pale {step} is partial: it is cut by the range, or not over yet."
    assert (said in told(at)) == (said in specs[0]["title"]["subtitle"]) == is_cut(step, query)


def is_cut(step: str, query: dict[str, str]) -> bool:
    """Tell whether a step of the first days of March is cut; without an end, today's is."""
    return step != "day" or "until" not in query


def test_days_without_anything_are_told(world: Actor, open_page: Open) -> None:
    at = open_page(world, "trends", until="2026-01-31")
    assert not at.get("vega_lite_chart")
    assert "No items were created here." in " ".join(markdown.value for markdown in at.markdown)


def test_a_window_is_told_in_numbers(world: Actor, open_page: Open) -> None:
    at = open_page(world, "trends", step="day", **{"from": "2026-03-02", "until": "2026-03-04"})
    assert {m.label: m.value for m in at.metric} == {
        "New items": "3",
        "In all at the end": "4",
        "Mean by day": "1",
        "Most, 2026-03-02": "1",
    }


def test_a_chart_that_has_no_room_for_all_days_says_so(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        first = db.query(Item).order_by(Item.id).limit(1).one().id
        db.execute(update(Item).where(Item.id == first).values(created_at="1999-12-31 12:00Z"))
    refresh.run(trigger="manual")
    at = open_page(world, "trends", step="day")
    assert sum(drawn(at).values()) == 5
    assert "room for the last 4,000 steps, so it begins at " in told(at)
    assert told(at).count("choose a longer step to see all since 1999-12-31.") == 1
    at = open_page(world, "trends", step="week")
    assert sum(drawn(at).values()) == 6
    assert "room for" not in told(at)
