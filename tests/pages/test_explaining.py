"""Explain this number: from the figure to its rows and to the database."""

import pytest
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from dashboard.ui import dialogs
from etl import refresh
from tests.pages.conftest import Away, Open, make_item, press


def explain(at: AppTest, name: str) -> AppTest:
    """Press the button that explains a figure."""
    at.button(key=f"explain-{name}").click()
    return at.run()


def said(at: AppTest) -> list[str]:
    """Return what the page says in sentences."""
    return [m.value for m in at.markdown] + [c.value for c in at.caption]


@pytest.mark.parametrize(
    ("name", "count", "definition"),
    [
        ("users", "5", "Every row of the table of users, active or not."),
        ("active_users", "4", "Users whose account is active: not switched off by a superuser."),
        ("items", "6", "Every row of the table of items."),
        ("owners", "3", "Users who own at least one item."),
    ],
)
def test_each_figure_opens_what_it_counts(
    world: Actor, open_page: Open, name: str, count: str, definition: str
) -> None:
    at = explain(open_page(world), name)
    assert not at.exception
    assert at.metric[-1].value == count
    assert definition in said(at)
    assert any(s.startswith("Counted in snapshot 1, as of ") for s in said(at))
    assert len(at.dataframe[-1].value) == int(count)
    assert f"1 to {count} of {count} rows, by id" in said(at)
    assert at.code[0].value.startswith("-- How many ")


def test_a_recount_says_what_is_newer(world: Actor, system: Actor, open_page: Open) -> None:
    at = explain(open_page(world), "items")
    item = make_item(system, "ann@example.com", "Newer")
    assert not any("in the database at" in s for s in said(at))  # never by itself
    press(at, "Recount in the database")
    assert any(
        s.startswith("**7** in the database at ") and s.endswith(", 1 more.") for s in said(at)
    )
    assert f"Newer: item {item.id}." in said(at)


def test_a_recount_that_agrees_says_so(world: Actor, open_page: Open) -> None:
    at = press(explain(open_page(world), "users"), "Recount in the database")
    assert any(s.endswith(", the same number.") for s in said(at))
    assert "The same rows." in said(at)


def test_away_from_the_database_the_rows_are_still_explained(
    world: Actor, open_page: Open, away: Away
) -> None:
    with away():
        at = press(explain(open_page(world), "items"), "Recount in the database")
        assert any("cannot be reached" in w.value for w in at.warning)
        assert at.metric[-1].value == "6"


def test_while_it_is_open_no_timer_runs_the_page_again(world: Actor, open_page: Open) -> None:
    at = explain(open_page(world), "items")
    assert at.session_state[dialogs.EXPLANATION].name == "items"
    assert dialogs.EXPLANATION in dialogs.OPEN
    refresh.run(trigger="test", full=True)
    at.run()
    assert at.metric[-1].value == "6"


def choose(at: AppTest, label: str, said: str) -> AppTest:
    """Choose what is explained."""
    box = next(box for box in at.selectbox if box.label == label)
    box.select(next(option for option in box.options if option.startswith(said)))
    return at.run()


@pytest.mark.parametrize("name", ["items_by_user", "active_users"])
def test_a_row_opens_the_items_it_counts(world: Actor, open_page: Open, name: str) -> None:
    at = choose(open_page(world, name), "Explain the items of a user", "bo@example.com: 2")
    assert not at.exception
    assert at.metric[-1].value == "2"
    assert "Items that this user owns." in said(at)
    assert at.dataframe[-1].value["title"].to_list() == ["bo 1", "bo 2"]
    assert "$owner_id = 4" in [text.value for text in at.text]


def test_a_day_opens_what_was_created_on_it(world: Actor, open_page: Open) -> None:
    at = choose(
        open_page(world, "trends", step="day"), "Explain the items created in a time", "2026-03-02"
    )
    assert not at.exception
    assert at.metric[-1].value == "1"
    assert "Items created from 2026-03-02 00:00 UTC to before 2026-03-03 00:00 UTC." in said(at)
    assert at.dataframe[-1].value["title"].to_list() == ["ann 2"]


def test_what_is_new_opens_what_it_counts(world: Actor, system: Actor, open_page: Open) -> None:
    make_item(system, "ann@example.com", "New")
    refresh.run(trigger="test")
    at = explain(open_page(world), "new_items-7d")
    assert at.metric[-1].value == "1"
    assert at.dataframe[-1].value["title"].to_list() == ["New"]
