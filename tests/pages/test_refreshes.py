"""The Refreshes page: the past in words and bars, and what superusers may do about the present."""

import json
import threading

from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.db.refresh_models import RefreshRun, SnapshotCheck
from core.refreshes import rollback
from core.snapshots import reader
from etl import refresh
from etl.verify import job
from tests.pages.conftest import Open, make_item, press, shown

BUTTONS = {"Write all parts", "Check against the database", "Make current"}


def buttons(at: AppTest) -> set[str]:
    """Return what the page itself offers."""
    return {button.label for button in at.main.button} - {"Refresh data"}


def captions(at: AppTest) -> list[str]:
    """Return the small texts of the page."""
    return [caption.value for caption in at.main.caption]


def choose(at: AppTest, table: str, row: int) -> AppTest:
    """Choose a row of the table whose key begins so."""
    found = next(d for d in at.dataframe if str(d.key).startswith(table))
    at.session_state[str(found.key)] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return at.run()


def test_staff_see_the_history_and_superusers_may_act(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    assert buttons(open_page(staff, "refreshes")) == set()
    assert buttons(open_page(world, "refreshes")) == BUTTONS
    assert len(open_page(staff, "refreshes").dataframe) == 1


def test_bars_say_how_long_each_step_took(world: Actor, open_page: Open) -> None:
    refresh.run(trigger="test")
    at = open_page(world, "refreshes")
    (chart,) = at.get("vega_lite_chart")
    spec = json.loads(chart.proto.spec)
    assert spec["description"].startswith("Seconds by step of the last 2 refreshes: the newest ")
    assert spec["encoding"]["color"]["field"] == "step"


def test_a_chosen_refresh_shows_all_that_is_known_of_it(world: Actor, open_page: Open) -> None:
    make_item_and_refresh(world)
    at = choose(open_page(world, "refreshes"), "refreshes-", 0)
    assert not at.exception
    told = captions(at)
    assert any(text.startswith("Succeeded. ") for text in told)
    assert "1 item new, 1 part rewritten." in told
    assert "It has no trace: traces are off." in told
    waterfall = json.loads(at.get("vega_lite_chart")[1].proto.spec)["description"]
    assert waterfall.startswith("Spans by their start: Prepare ")
    assert "Part 0 of item " in waterfall
    at = choose(open_page(world, "refreshes"), "refreshes-", 1)
    assert "All parts were written: There is no earlier snapshot in this folder\\." in captions(at)
    assert "5 users and 6 items, all parts written." in captions(at)


def make_item_and_refresh(world: Actor) -> None:
    """Let there be a second refresh, which has something to do."""
    make_item(Actor.system("test"), "ann@example.com", "Another")
    refresh.run(trigger="manual", requested_by=world.email)


def test_a_superuser_has_all_parts_written(world: Actor, open_page: Open) -> None:
    at = press(open_page(world, "refreshes"), "Write all parts")
    assert not at.error
    assert next(b for b in at.button if b.label == "Write all parts").disabled
    assert refresh.run(trigger="manual").mode == "full"
    at.run()
    assert shown(at)["mode"].to_list()[0] == "Full"
    assert shown(at)["trigger"].to_list()[0] == "Full"


def test_a_check_is_asked_for_followed_and_told(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    at = press(open_page(world, "refreshes"), "Check against the database")
    assert at.get("progress")[0].proto.text == "Waiting to start"
    job.run_requested(threading.Event())
    at = open_page(staff, "refreshes")
    table = at.dataframe[1].value
    assert table["outcome"].to_list() == ["The same as the database"]
    assert table["requested_by"].to_list() == ["root@example.com"]
    assert table["parts"].to_list() == [2]
    with transaction() as db:
        assert db.query(AuditEvent).filter_by(action="snapshot.check").count() == 1


def test_a_check_names_what_is_newer(world: Actor, system: Actor, open_page: Open) -> None:
    make_item(system, "ann@example.com", "Newer")
    press(open_page(world, "refreshes"), "Check against the database")
    job.run_requested(threading.Event())
    at = open_page(world, "refreshes")
    assert at.dataframe[1].value["outcome"].to_list() == [
        "The same as the database, 1 part changed since"
    ]
    assert [t.value for t in at.main.text if t.value.startswith("Changed since: item, part 0")]


def test_a_check_without_its_process_is_closed(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        db.add(SnapshotCheck(status="running", parts_done=1, parts_total=2))
    at = open_page(world, "refreshes")
    assert at.get("progress")[0].proto.text == "1 of 2 parts compared"
    assert next(b for b in at.button if b.label == "Check against the database").disabled
    job.recover()
    at = open_page(world, "refreshes")
    assert at.dataframe[1].value["outcome"].to_list() == ["Failed"]
    assert at.dataframe[1].value["error"][0].startswith("Interrupted")


def test_a_damaged_snapshot_fails_its_check(world: Actor, open_page: Open) -> None:
    press(open_page(world, "refreshes"), "Check against the database")
    with transaction() as db:
        db.execute(update(SnapshotCheck).values(requested_by="root@example.com"))
    (reader.current().folder / "totals.parquet").write_bytes(b"")
    job.run_requested(threading.Event())
    at = open_page(world, "refreshes")
    assert "is damaged" in at.dataframe[1].value["error"][0]


def test_an_older_snapshot_is_made_current_and_let_go(
    world: Actor, staff: Actor, open_page: Open
) -> None:
    make_item_and_refresh(world)
    newest = reader.current()
    at = choose(open_page(world, "refreshes"), "snapshots on disk-", 1)
    table = at.dataframe[-1].value
    assert table["state"].to_list() == ["Current", "Kept"]
    assert table["items"].to_list() == [7, 6]
    press(at, "Make current")
    assert any("5 users and 6 items. No refresh replaces it" in m.value for m in at.markdown)
    at = press(at, "Make it current")
    assert not at.exception
    assert reader.current().items == 6
    overview = open_page(staff)
    (told,) = [w.value for w in overview.warning]
    assert told.startswith("Ruth Root set the data back at ")
    assert told.endswith("until a superuser lets go on the Refreshes page.")
    assert any(c.endswith(" Refreshes wait.") for c in captions(overview))
    assert next(b for b in overview.button if b.label == "Refresh data").disabled
    at = press(open_page(world, "refreshes"), "Let go of the older data")
    press(at, "Let go")
    assert rollback.find() is None
    assert reader.current() == newest
    with transaction() as db:
        assert db.query(RefreshRun).filter_by(status="requested").count() == 1


def test_before_any_refresh_the_page_says_what_to_do(staff: Actor, open_page: Open) -> None:
    at = open_page(staff, "refreshes")
    assert any("There was no refresh yet." in m.value for m in at.markdown)
    assert not at.dataframe


def test_a_history_without_steps_has_no_chart(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        db.execute(delete(RefreshRun))
        db.add(RefreshRun(status="failed", trigger="schedule", error="PostgreSQL was away."))
    at = choose(open_page(world, "refreshes"), "refreshes-", 0)
    assert not at.exception
    assert not at.get("vega_lite_chart")
    assert any(c.startswith("Failed. Started by the schedule") for c in captions(at))
