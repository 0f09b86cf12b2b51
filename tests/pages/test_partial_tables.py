"""Tables that hold some of more rows say what their sorting and search cover; others do not."""

from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.audit import trail
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun, SnapshotCheck
from core.manage import items
from etl import refresh
from tests.conftest import make_user
from tests.pages.conftest import Open

ROWS = "Sorting and search in this table cover the {} rows shown"
ABOVE = f"{ROWS}; use the search above for all."


def told(at: AppTest) -> list[str]:
    """Return what the tables of a page say that they cover."""
    assert not at.exception
    said = (caption.value for caption in at.main.caption)
    return [text.split(". ", 1)[1] for text in said if "Sorting and search" in text]


def test_a_table_that_shows_all_rows_says_nothing(world: Actor, open_page: Open) -> None:
    for page in ("items", "users", "items_by_user", "active_users", "audit", "refreshes"):
        assert told(open_page(world, page)) == [], page


def test_a_table_that_shows_a_page_of_more_says_so(
    world: Actor, system: Actor, open_page: Open
) -> None:
    fill(system)
    refresh.run(trigger="manual")
    expected = {
        "items": [ABOVE.format(50)],
        "users": [ABOVE.format(50)],
        "items_by_user": [ABOVE.format(50)],
        "active_users": [f"{ROWS.format(10)}; Items by user has everybody."],
        "audit": [ABOVE.format(50)],
        "refreshes": [f"{ROWS.format(50)}.", f"{ROWS.format(10)}."],
    }
    for page, said in expected.items():
        assert told(open_page(world, page)) == said, page
    assert told(open_page(world, "items", page="2")) == [ABOVE.format(15)]
    at = open_page(world)
    at.button(key="explain-users").click().run()
    assert told(at) == []


def test_an_explanation_of_many_rows_says_what_is_searched(
    world: Actor, system: Actor, open_page: Open
) -> None:
    with transaction() as db:
        for number in range(100):
            values = {"title": f"Item {number}", "owner_email": "ann@example.com"}
            items.create_item(db, actor=system, values=values)
    refresh.run(trigger="manual")
    at = open_page(world)
    at.button(key="explain-items").click().run()
    said = [c.value for c in at.caption if "Sorting and search" in c.value]
    assert said == [f"1 to 100 of 106 rows, by id. {ROWS.format(100)}."]


def fill(system: Actor) -> None:
    """Make more users, items, events, refreshes and checks than a table shows."""
    for number in range(59):
        make_user(system, f"user{number}@example.com")
    with transaction() as db:
        for number in range(59):
            values = {"title": f"Item {number}", "owner_email": f"user{number}@example.com"}
            items.create_item(db, actor=system, values=values)
            trail.record(db, actor=system, action="user.update")
            at = datetime.now(UTC) - timedelta(hours=number + 1)
            run = {"status": "succeeded", "requested_at": at, "started_at": at, "finished_at": at}
            db.add(RefreshRun(trigger="schedule", **run))
            db.add(SnapshotCheck(**run))
