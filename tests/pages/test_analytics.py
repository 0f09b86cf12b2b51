"""The analytical pages: the exact numbers, from the snapshot and from nowhere else."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item, User
from core.db.refresh_models import RefreshRun
from core.errors import Unavailable
from core.manage import items
from etl import refresh
from tests.pages.conftest import Away, Open, make_aged_item, make_item, plain, press, shown

PAGES = ("overview", "items_by_user", "active_users", "trends")
ALL_PAGES = (*PAGES, "items", "users", "refreshes", "audit", "account")


def test_the_overview_shows_the_four_figures(world: Actor, open_page: Open) -> None:
    at = open_page(world)
    assert {m.label: m.value for m in at.metric} == {
        "Users": "5",
        "Active users": "4",
        "Items": "6",
        "Owners of items": "3",
        "New users, 7 days": "0",
        "New users, 30 days": "0",
        "New items, 7 days": "0",
        "New items, 30 days": "0",
    }
    remarks = [c.value for c in at.main.caption]
    assert "80.0% of users" in remarks
    assert "60.0% of users" in remarks
    assert "The top 10 own 100.0% of items; the top 1%, 1 owner, 50.0% of items." in remarks


def test_what_is_new_is_held_against_the_time_before(
    world: Actor, system: Actor, open_page: Open
) -> None:
    for hours, count in ((1, 3), (24 * 7 - 1, 1), (24 * 7 + 1, 2), (24 * 29, 1), (24 * 31, 5)):
        for _ in range(count):
            make_aged_item(system, hours)
    refresh.run(trigger="manual")
    new = {m.label: (m.value, m.delta) for m in open_page(world).metric}
    assert new["New items, 7 days"] == ("4", "+100.0%")
    assert new["New items, 30 days"] == ("7", "+40.0%")
    assert new["New users, 30 days"] == ("0", "as many")


def test_a_small_trend_ends_with_today_whatever_is_dated_later(
    world: Actor, system: Actor, open_page: Open
) -> None:
    for hours in (0, 0, -24 * 10):
        make_aged_item(system, hours)
    refresh.run(trigger="manual")
    sparkline = json.loads(open_page(world).get("vega_lite_chart")[2].proto.spec)["description"]
    assert sparkline.startswith("New items each day, ")
    assert sparkline.endswith(": 0, 0, 0, 0, 0, 0, 2.")


def test_figures_have_thousands_separators(
    system: Actor, superuser: Actor, open_page: Open
) -> None:
    with transaction() as db:
        for number in range(1234):
            db.add(User(email=f"u{number}@example.com", hashed_password="!"))
    refresh.run(trigger="manual")
    at = open_page(superuser)
    assert at.metric[0].value == "1,235"
    new = next(m for m in at.metric if m.label == "New users, 30 days")
    assert (new.value, new.delta) == ("1,235", "+1,235")


def test_an_overview_by_a_step_that_is_none_says_so(world: Actor, open_page: Open) -> None:
    at = open_page(world, step="hour")
    assert "There is no “hour” for step (day, week, month); this shows week." in [
        plain(c.value).removeprefix(":material/info: ") for c in at.main.caption
    ]
    charts = [json.loads(chart.proto.spec)["description"] for chart in at.get("vega_lite_chart")]
    assert charts[5].startswith("New items by week, ")


def test_charts_say_in_words_what_they_show(world: Actor, open_page: Open) -> None:
    at = open_page(world)
    told = [json.loads(chart.proto.spec)["description"] for chart in at.get("vega_lite_chart")]
    assert told[0].startswith("New users each day, ")
    assert told[4].startswith("New users by week, ")
    assert told[5].startswith("New items by week, ")
    assert told[6] == (
        "Items owned, most first: ann@example.com 3, bo@example.com 2, cy@example.com 1."
    )
    assert "0: 2, 1: 1, 2-5: 2, 6-10: 0" in told[7]


def test_items_by_user_ranks_owners(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items_by_user")
    table = shown(at)
    assert table["email"].to_list() == ["ann@example.com", "bo@example.com", "cy@example.com"]
    assert table["item_count"].to_list() == [3, 2, 1]
    assert table["active"].to_list() == ["Yes", "Yes", "No"]
    assert at.main.caption[-1].value == "1 to 3 of 3 users with items"
    assert "3 users with items. Times are in UTC." in [c.value for c in at.main.caption]
    assert '"/downloads/items_by_user.xlsx?zone=UTC" download' in at.main.html[0].value


def test_items_by_user_is_searched_literally(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items_by_user", q="JAVASCRIPT:")
    assert shown(at)["rank"].to_list() == [2]
    at = open_page(world, "items_by_user", q="%")
    assert not at.dataframe
    assert any("Nothing matches" in m.value for m in at.markdown)


def test_items_by_user_reaches_the_last_page(
    system: Actor, superuser: Actor, open_page: Open
) -> None:
    with transaction() as db:
        for number in range(51):
            db.add(User(email=f"u{number:02}@example.com", hashed_password="!"))
        db.flush()
        for number in range(51):
            values = {"title": "One", "owner_email": f"u{number:02}@example.com"}
            items.create_item(db, actor=system, values=values)
    refresh.run(trigger="manual")
    at = open_page(superuser, "items_by_user", page="2")
    assert shown(at)["email"].to_list() == ["u50@example.com"]
    assert shown(at)["rank"].to_list() == [51]
    assert at.main.caption[-1].value.startswith("51 to 51 of 51 users with items. Sorting and")


def test_active_users_shows_the_top_ten(world: Actor, open_page: Open) -> None:
    at = open_page(world, "active_users")
    assert shown(at)["rank"].to_list() == [1, 2, 3]
    assert shown(at)["item_count"].to_list() == [3, 2, 1]
    assert '"/downloads/active_users.parquet?zone=UTC" download' in at.main.html[0].value


def test_what_is_newer_in_the_database_waits_for_the_next_refresh(
    world: Actor, system: Actor, open_page: Open
) -> None:
    make_item(system, "ann@example.com", "Newer")
    assert open_page(world).metric[2].value == "6"
    refresh.run(trigger="manual")
    assert open_page(world).metric[2].value == "7"


@pytest.mark.parametrize("name", PAGES)
def test_before_the_first_snapshot_a_page_says_how_to_make_one(
    staff: Actor, open_page: Open, name: str
) -> None:
    at = open_page(staff, name)
    assert not at.exception
    assert [c.value for c in at.main.caption if c.value.startswith("No data yet.")]
    assert "Press Refresh data, or run `tally refresh`." in [c.value for c in at.main.caption]


@pytest.mark.parametrize("name", PAGES)
def test_away_from_the_database_the_last_snapshot_is_shown(
    world: Actor, open_page: Open, away: Away, name: str
) -> None:
    with away():
        at = open_page(world, name)
        assert not at.exception
        assert any("Analytics show the data of" in w.value for w in at.warning)
        assert at.metric or at.dataframe or at.get("vega_lite_chart")


@pytest.mark.parametrize("name", ALL_PAGES)
def test_no_page_shows_what_users_typed_as_markdown(
    world: Actor, open_page: Open, name: str
) -> None:
    at = open_page(world, name, q="[x](javascript:alert(1))")
    live = [*at.markdown, *at.caption, *at.warning, *at.error, *at.info]
    assert not any("](javascript:" in element.value for element in live)


def test_a_refresh_is_asked_for_and_followed(world: Actor, open_page: Open) -> None:
    at = press(open_page(world), "Refresh data")
    assert not at.exception
    assert next(b for b in at.button if b.label == "Refresh data").disabled
    assert progress(at) == "Waiting to start"
    refresh.run(trigger="manual", requested_by=world.email)
    at.run()
    assert not next(b for b in at.button if b.label == "Refresh data").disabled


def test_a_failed_refresh_is_told_on_every_page(world: Actor, open_page: Open) -> None:
    fail()
    for name in ALL_PAGES:
        at = open_page(world, name)
        assert any("The refresh at" in w.value and "failed" in w.value for w in at.warning), name


def test_a_held_refresh_is_released_by_a_superuser(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    with transaction() as db:
        db.execute(delete(Item))
    with pytest.raises(Unavailable, match="Items fell from 6 to 0 rows"):
        refresh.run(trigger="schedule")
    for person, offered in ((staff, False), (world, True)):
        at = open_page(person, "refreshes")
        assert any("was held back" in w.value for w in at.warning)
        assert [b.key for b in at.button if b.key == "release"] == ["release"] * offered
    at.button(key="release").click().run()
    assert refresh.run(trigger="schedule").items == 0
    at = open_page(world, "refreshes")
    assert not at.warning
    assert shown(at)["mode"].to_list()[0] == "Incremental"


def test_the_history_tells_outcome_trigger_and_who(world: Actor, open_page: Open) -> None:
    table = shown(open_page(world, "refreshes"))
    assert table["outcome"].to_list() == ["Succeeded"]
    assert table["requested_by"].to_list() == ["root@example.com"]
    assert (table["users"][0], table["items"][0]) == (5, 6)
    assert table["duration"][0].endswith(" s")


def fail() -> None:
    """Leave a refresh behind that failed for a reason of its own."""
    now = datetime.now(UTC)
    with transaction() as db:
        db.add(
            RefreshRun(
                status="failed",
                trigger="schedule",
                started_at=now,
                finished_at=now,
                error="There is no space left on the disk.",
            )
        )


def progress(at: AppTest) -> str:
    """Return what the progress bar says."""
    return str(at.get("progress")[0].proto.text)
