"""What stands around every page: its title, how fresh its data is, and who is signed in."""

from collections.abc import Iterator

import streamlit as st

from core.actors import Actor
from core.errors import TallyError
from core.models import RefreshRun
from core.refreshes import TROUBLE
from core.settings import ROOT
from dashboard import freshness, moments, notices
from dashboard.freshness import Freshness

FOLLOW_SECONDS = 1
SHOWN = "shell.shown"
LOGO, MARK = ROOT / "dashboard/images/tally.svg", ROOT / "dashboard/images/mark.svg"
LOOK_SECONDS = 30


def header(actor: Actor, title: str, state: Freshness) -> None:
    """Draw the title, the freshness line and the refresh button, and keep them true.

    While a refresh runs this looks every second, else twice a minute, which keeps "7 min ago"
    true and lets a page that nobody touches show the new data.
    """
    _announce(state)
    seconds = FOLLOW_SECONDS if state.running else LOOK_SECONDS
    st.fragment(_header, run_every=seconds)(actor, title, state, iter([state]))


def sidebar(actor: Actor) -> None:
    """Draw the mark, who is signed in, and the way out; the menu stands between them."""
    st.logo(LOGO, size="medium", icon_image=MARK)
    with st.sidebar.container(gap="xsmall"):
        st.text(actor.name)
        if actor.full_name:
            st.caption(notices.escape(actor.email))
        if st.button("Sign out", icon=":material/logout:", key="sign-out"):
            st.logout()


def _header(actor: Actor, title: str, shown: Freshness, first: Iterator[Freshness]) -> None:
    # The first pass belongs to the run that read `shown` already; later ones are timers.
    state = next(first, None) or freshness.read(newest=True)
    if state.outdates(shown):
        st.rerun()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(title, anchor=False, width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            st.caption(_as_of(state), width="content")
            _button(actor, state)
    if state.running:
        _progress(state.running)
    _banner(state)


def _button(actor: Actor, state: Freshness) -> None:
    icon = "spinner" if state.running else ":material/refresh:"
    if not st.button("Refresh data", icon=icon, disabled=state.running is not None, key="refresh"):
        return
    try:
        freshness.request(actor)
    except TallyError as error:
        notices.trouble(error)
    else:
        st.rerun()


def _progress(run: RefreshRun) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.progress(freshness.fraction(run), text=freshness.progress(run))
        since = moments.ago(run.started_at or run.requested_at)
        st.caption(notices.escape(f"Asked for by {run.requested_by or run.trigger}, {since}"))


def _banner(state: Freshness) -> None:
    if state.away:
        st.warning(f"{notices.escape(state.away)} {_instead(state)}", icon=":material/cloud_off:")
    elif state.latest and state.latest.status in TROUBLE and not state.running:
        run = state.latest
        outcome = "was held back" if run.status == "held" else "failed"
        at = moments.clock(run.finished_at or run.requested_at)
        reason = notices.escape(run.error or "No reason was recorded.")
        text = f"The refresh at {at} {outcome}. {reason} {_instead(state)}"
        st.warning(text, icon=":material/sync_problem:")


def _as_of(state: Freshness) -> str:
    if state.as_of is None:
        return "No data yet"
    return f"As of {moments.clock(state.as_of)} ({moments.ago(state.as_of)})"


def _instead(state: Freshness) -> str:
    if state.as_of is None:
        return ""
    return f"Analytics show the data of {moments.clock(state.as_of)}."


def _announce(state: Freshness) -> None:
    generation = state.snapshot.generation if state.snapshot else None
    before = st.session_state.get(SHOWN)
    st.session_state[SHOWN] = (generation, state.running is not None)
    if before is None or state.away:
        return
    if state.snapshot and generation != before[0]:
        people = notices.count(state.snapshot.users, "user")
        notices.say(f"New data: {people} and {notices.count(state.snapshot.items, 'item')}.")
    elif before[1] and not state.running and state.found_nothing_new:
        notices.say("Nothing has changed: the data is current.")
