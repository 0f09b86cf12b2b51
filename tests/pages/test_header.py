"""The line above every page, and what is said when a refresh ends or cannot be asked for."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import User
from core.db.refresh_models import RefreshRun
from core.refreshes import requests
from dashboard.shell import screens
from etl import refresh
from tests.conftest import make_user
from tests.pages.conftest import Away, Open, make_item, press

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def line(at: AppTest) -> str:
    """Return the line beside the title."""
    return next(c.value for c in at.main.caption if c.value.startswith(("As of", "No data")))


@pytest.mark.parametrize("name", [screen.name for screen in screens.SCREENS])
def test_every_page_says_how_fresh_its_data_is(
    world: Actor, system: Actor, open_page: Open, name: str
) -> None:
    assert line(open_page(world, name)).endswith(
        " (just now). Nothing newer in the database. When the next refresh comes is not known here."
    )
    make_item(system, "ann@example.com", "Newer")
    make_user(system, "newer@example.com")
    assert "(just now). 1 item and 1 user newer in the database. " in line(open_page(world, name))


def test_it_says_when_the_next_refresh_comes(
    world: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "outlook", lambda: requests.Outlook("due", NOON))
    assert line(open_page(world)).endswith(" The next refresh is due.")
    monkeypatch.setattr(requests, "outlook", lambda: requests.Outlook("paused"))
    assert line(open_page(world)).endswith(" Automatic refreshes are paused.")


def test_everybody_sees_who_asked_and_how_far_it_is(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    press(open_page(world), "Refresh data")
    with transaction() as db:
        running = {"status": "running", "step": "export", "parts_done": 1, "parts_total": 2}
        db.execute(update(RefreshRun).where(RefreshRun.status == "requested").values(**running))
    at = open_page(staff, "items")
    assert at.get("progress")[0].proto.text == "Export: 1 of 2"
    assert any("Asked for by root" in c.value for c in at.main.caption)
    assert line(at).endswith(" A refresh is running.")
    assert next(b for b in at.button if b.label == "Refresh data").disabled


def test_the_button_turns_for_a_refresh_that_somebody_waits_for(
    world: Actor, open_page: Open
) -> None:
    with transaction() as db:
        db.add(RefreshRun(trigger="schedule", status="running"))
    at = open_page(world)
    assert at.button(key="refresh").proto.icon == ":material/refresh:"
    press(at, "Refresh data")
    assert at.button(key="refresh").proto.icon == "spinner"


def test_a_refresh_ends_with_what_it_brought(world: Actor, system: Actor, open_page: Open) -> None:
    at = open_page(world)
    for number in range(3):
        make_item(system, "ann@example.com", f"New {number}")
    make_user(system, "newer@example.com")
    refresh.run(trigger="schedule")
    at.run()
    assert ":material/check: New data: 3 items and 1 user new, 2 parts rewritten." in [
        c.value for c in at.main.caption
    ]


def test_a_refresh_that_found_nothing_says_so_to_who_waited(world: Actor, open_page: Open) -> None:
    at = press(open_page(world), "Refresh data")
    refresh.run(trigger="manual")
    at.run()
    told = [c.value for c in at.main.caption]
    assert ":material/check: Nothing has changed: the data is current." in told
    assert ", unchanged since " in line(at)
    again = open_page(world)
    assert not any("current" in c.value for c in again.main.caption)


def test_who_may_no_longer_ask_is_told_why(world: Actor, staff: Actor, open_page: Open) -> None:
    at = open_page(staff)
    with transaction() as db:
        db.execute(update(User).where(User.id == staff.id).values(is_staff=False))
    press(at, "Refresh data")
    assert [e.value for e in at.error] == ["Only active staff may do this\\."]
    with transaction() as db:
        assert requests.open_run(db) is None


def test_away_from_the_database_nothing_is_claimed(
    world: Actor, open_page: Open, away: Away
) -> None:
    with away():
        told = line(open_page(world))
    assert " What is newer in the database cannot be told while it is away." in told


def test_failures_say_since_when_and_go_with_the_next_success(
    world: Actor, open_page: Open
) -> None:
    with transaction() as db:
        for _ in range(2):
            db.add(
                RefreshRun(status="failed", trigger="schedule", finished_at=NOON, error="Disk full")
            )
    at = open_page(world, "account")
    (told,) = [w.value for w in at.warning]
    assert told.startswith("The refresh at 2026-03-09 12:00 failed. That makes 2 in a row, ")
    assert " Disk full Analytics show the data of " in told
    with transaction() as db:
        db.execute(delete(RefreshRun).where(RefreshRun.status == "failed"))
    assert not open_page(world, "account").warning


def test_only_pages_that_show_the_snapshot_are_run_again_by_a_timer() -> None:
    followed = {s.name for s in screens.SCREENS if s.section == screens.ANALYTICS}
    assert followed.isdisjoint({"items", "users", "account", "api_tokens", "audit", "refreshes"})
