"""When a timer may run a page again: never where somebody may be typing."""

from dataclasses import replace

import pytest
import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.snapshots import reader
from dashboard.shell import freshness, header, refresh_button, refresh_outcome, refresh_requests
from dashboard.shell.freshness import Freshness
from dashboard.ui import dialogs
from etl import refresh


@pytest.fixture(autouse=True)
def _first_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "FOLLOWERS", 1 / 60)


class Ran(Exception):
    """The page was run again."""


@pytest.fixture
def newer(superuser: Actor, monkeypatch: pytest.MonkeyPatch) -> Freshness:
    """What a page shows that is older than what there is now; running it again raises `Ran`."""
    refresh.run(trigger="test")
    shown = freshness.read(newest=True)
    refresh.run(trigger="test", full=True)

    def rerun() -> None:
        raise Ran

    monkeypatch.setattr(st, "rerun", rerun)
    monkeypatch.setattr(st, "session_state", {})
    return shown


def tick(actor: Actor, shown: Freshness, *, follows: bool) -> Freshness:
    """Let the timer of a page's header go off."""
    return header.look_again(header.Header(actor, "Any", shown, follows), iter([]))


def test_a_page_that_shows_the_snapshot_follows_it(newer: Freshness, superuser: Actor) -> None:
    with pytest.raises(Ran):
        tick(superuser, newer, follows=True)


def test_a_page_with_forms_is_left_alone(newer: Freshness, superuser: Actor) -> None:
    state = tick(superuser, newer, follows=False)
    assert state.snapshot == reader.current() != newer.snapshot
    assert st.session_state[refresh_outcome.SEEN].generation == reader.current().generation


@pytest.mark.parametrize("key", dialogs.OPEN)
def test_no_page_is_run_again_while_a_dialog_is_open(
    newer: Freshness, superuser: Actor, key: str
) -> None:
    st.session_state[key] = object()
    assert tick(superuser, newer, follows=True).snapshot == newer.snapshot, "as the page is of"
    del st.session_state[key]
    with pytest.raises(Ran):
        tick(superuser, newer, follows=True)


def test_a_refresh_that_begins_or_ends_runs_no_page_again(
    newer: Freshness, superuser: Actor
) -> None:
    same = replace(newer, snapshot=reader.current())
    refresh_requests.request(superuser)
    assert tick(superuser, same, follows=True).running
    refresh.run(trigger="test")
    assert not tick(superuser, same, follows=True).running
    assert "the data is current" in st.session_state[refresh_outcome.OUTCOME].text


def test_pages_are_run_again_in_turn_and_say_meanwhile_what_they_are_of(
    newer: Freshness, superuser: Actor
) -> None:
    with pytest.raises(Ran):
        tick(superuser, newer, follows=True)
    waiting = tick(superuser, newer, follows=True)
    assert (waiting.snapshot, waiting.newer) == (newer.snapshot, newer.newer)
    assert waiting.latest != newer.latest


def test_who_asked_for_a_refresh_waits_for_no_turn(newer: Freshness, superuser: Actor) -> None:
    with pytest.raises(Ran):
        tick(superuser, newer, follows=True)
    refresh_button.request(superuser)
    refresh.run(trigger="test", full=True)
    with pytest.raises(Ran):
        tick(superuser, newer, follows=True)


def test_who_joins_a_refresh_that_nobody_asked_for_follows_it(
    superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "session_state", {})
    with transaction() as db:
        db.add(RefreshRun(trigger="schedule", status="running"))
        db.flush()
        run = db.query(RefreshRun).one()
    assert not refresh_button.awaits(superuser, run)
    refresh_button.request(superuser)
    assert refresh_button.awaits(superuser, run)
