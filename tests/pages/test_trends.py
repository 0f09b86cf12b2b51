"""Trends: exact numbers by step and owner, in the reader's zone, and what odd input gets."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core import warehouse
from core.actors import Actor
from core.database import transaction
from core.errors import Unavailable
from core.models import Item, User
from core.snapshots import Snapshot
from dashboard import moments
from etl import refresh
from tests.pages.conftest import Open

DST = datetime(2026, 3, 8, 3, 29, 59, tzinfo=UTC)  # the last second of 7 March in St. John's


def drawn(at: AppTest) -> dict[str, int]:
    """Return what the chart draws, by day, without the steps of nothing."""
    (sent,) = at.get("vega_lite_chart")[0].proto.datasets
    frame = pl.DataFrame(pa.ipc.open_stream(sent.data.data).read_all())
    return {f"{row['day']:%Y-%m-%d}": row["count"] for row in frame.to_dicts() if row["count"]}


def told(at: AppTest) -> str:
    captions = " ".join(caption.value for caption in at.main.caption)
    return captions.replace("\\", "").replace("\u2060", "")


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
    monkeypatch.setattr(moments, "zone", lambda: ZoneInfo(zone))
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


def test_a_window_is_told_in_numbers(world: Actor, open_page: Open) -> None:
    at = open_page(world, "trends", step="day", **{"from": "2026-03-02", "until": "2026-03-04"})
    assert {m.label: m.value for m in at.metric} == {
        "New items": "3",
        "In all at the end": "4",
        "Mean by day": "1.0",
        "Most, 2026-03-02": "1",
    }


@pytest.mark.parametrize("page", ["overview", "items_by_user", "active_users", "trends"])
@pytest.mark.parametrize("text", [warehouse.TOO_SLOW, warehouse.BUSY])
def test_when_duckdb_cannot_answer_the_page_says_so_and_lives_on(
    world: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch, page: str, text: str
) -> None:
    def refuse(_snapshot: Snapshot, _question: str, **_: object) -> None:
        raise Unavailable(text)

    refresh.run(trigger="manual", full=True)  # of which nothing is kept yet
    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "read", refuse)
        at = open_page(world, page)
        assert not at.exception
        assert any(text.split(",")[0].split(".")[0] in w.value for w in at.warning)
    at.run()
    assert not at.exception
    assert not at.warning
