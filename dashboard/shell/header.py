"""The header and sidebar of every page: title, data freshness, refresh button, who is signed in.

A timer redraws only the header. It must not rerun a page on which somebody may be typing. So it
reruns only pages that show nothing but the snapshot, and only while no dialog is open.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import streamlit as st

from core.actor import Actor
from core.db.refresh_models import RefreshRun
from core.errors import TallyError
from core.refreshes import requests
from core.settings import ROOT
from dashboard.limits.token_bucket import Bucket
from dashboard.shell import freshness, freshness_words
from dashboard.shell.freshness import Freshness
from dashboard.ui import dialogs, notices

OWN_SECONDS = 1  # between updates of the progress, for the person who requested the refresh
FOLLOW_SECONDS = 4  # the same for everybody else
LOOK_SECONDS = 20  # between updates while no requested refresh runs
FOLLOWERS = 2.0  # automatic page reruns a second, of all sessions together
OUTCOME_SECONDS = 20
SEEN = "shell.seen"
OUTCOME = "shell.outcome"
REFUSED = "shell.refused"
JOINED = "shell.joined"
LOGO, MARK = ROOT / "dashboard/images/tally.svg", ROOT / "dashboard/images/mark.svg"

_followers = Bucket(1, time.monotonic())


@dataclass(frozen=True)
class Header:
    """The state of the header of one page run; `follows` says that new data reruns the page."""

    actor: Actor
    title: str
    shown: Freshness
    follows: bool


@dataclass(frozen=True)
class Seen:
    """What this session last showed: the data's generation, and whether a refresh was running."""

    generation: int | None
    running: bool


@dataclass(frozen=True)
class Outcome:
    """What a refresh changed, as text, and until when (monotonic clock) it is shown."""

    text: str
    until: float


def header(actor: Actor, title: str, state: Freshness, *, follows: bool) -> None:
    """Draw the title, the freshness line and the refresh button, and keep them up to date.

    With `follows`, the whole page is rerun as soon as there is a newer snapshot.
    """
    _announce(state)
    header = Header(actor, title, state, follows)
    st.fragment(_look, run_every=LOOK_SECONDS)(header, iter([state]))


def sidebar(actor: Actor) -> None:
    """Draw the logo, who is signed in, and the sign-out button; the menu is between them."""
    st.logo(LOGO, size="medium", icon_image=MARK)
    with st.sidebar.container(gap="xsmall"):
        st.text(actor.name)
        if actor.full_name:
            st.caption(notices.escape(actor.email))
        if st.button("Sign out", icon=":material/logout:", key="sign-out"):
            st.logout()


def _look(header: Header, first: Iterator[Freshness]) -> None:
    """Draw the header; while a requested refresh runs, in a fragment that updates more often."""
    state = look_again(header, first)
    if not _is_watched(header.actor, state):
        _draw(header, state)
        return
    seconds = OWN_SECONDS if awaits(header.actor, state.running) else FOLLOW_SECONDS
    st.fragment(_follow, run_every=seconds)(header, iter([state]))


def _follow(header: Header, first: Iterator[Freshness]) -> None:
    _draw(header, look_again(header, first))


def look_again(header: Header, first: Iterator[Freshness]) -> Freshness:
    """Return what the header shows now; run the page again for a newer snapshot if it follows."""
    # The first pass uses the state that the page run or the outer fragment has just read.
    initial = next(first, None)
    if initial is not None:
        return initial
    state = freshness.read(newest=True)
    if header.follows and state.outdates(header.shown):
        if not dialogs.is_open() and (awaits(header.actor, state.latest) or _may_follow()):
            st.rerun()
        # The page still shows the older snapshot, so the line above it must say so.
        state = replace(state, snapshot=header.shown.snapshot, newer=header.shown.newer)
    _announce(state)
    return state


def _may_follow() -> bool:
    # No lock: if two threads take the last token at once, one more page reruns, which is harmless.
    return not _followers.take(rate=FOLLOWERS, size=1, now=time.monotonic())


def awaits(actor: Actor, run: RefreshRun | None) -> bool:
    """Tell whether the actor requested a refresh, or joined it in this session."""
    if run is None:
        return False
    return run.requested_by == actor.email or run.id == st.session_state.get(JOINED)


def _is_watched(actor: Actor, state: Freshness) -> bool:
    """Tell whether a refresh is open that a person requested or this session joined."""
    return state.requested is not None or awaits(actor, state.running)


def _draw(header: Header, state: Freshness) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(header.title, anchor=False, width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            st.caption(freshness_words.line(state, requests.outlook()), width="content")
            _button(header.actor, state)
    if state.running:
        _progress(state.running)
    else:
        _outcome()
    _refused()
    back = freshness_words.roll_back(state)
    if back:
        st.warning(back, icon=":material/history:")
    trouble = freshness_words.trouble(state)
    if trouble:
        icon = ":material/cloud_off:" if state.away else ":material/sync_problem:"
        st.warning(trouble, icon=icon)


def _button(actor: Actor, state: Freshness) -> None:
    st.button(
        "Refresh data",
        # An animated spinner costs browser CPU, so show it only while somebody waits.
        icon="spinner" if _is_watched(actor, state) else ":material/refresh:",
        # During an automatic refresh the button stays enabled: pressing it joins that refresh.
        disabled=state.requested is not None or state.back is not None,
        key="refresh",
        on_click=request,
        args=(actor,),
    )


def request(actor: Actor) -> None:
    """Request a refresh, or join the one that is open; this session shows a refusal."""
    try:
        st.session_state[JOINED] = freshness.request(actor).id
    except TallyError as error:
        st.session_state[REFUSED] = error


def _refused() -> None:
    error = st.session_state.pop(REFUSED, None)
    if error is not None:
        notices.trouble(error)


def _progress(run: RefreshRun) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.progress(freshness.fraction(run), text=freshness_words.progress(run))
        st.caption(freshness_words.asked_by(run))


def _outcome() -> None:
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    if outcome is not None and time.monotonic() < outcome.until:
        with st.container(border=True):
            st.caption(f":material/check: {outcome.text}")


def _announce(state: Freshness) -> None:
    """Store what a refresh changed that ended since this session last looked, to be shown."""
    if state.away:
        return
    before: Seen | None = st.session_state.get(SEEN)
    generation = state.snapshot.generation if state.snapshot else None
    st.session_state[SEEN] = Seen(generation, state.running is not None)
    latest = state.latest
    if before is None or latest is None or latest.status != "succeeded":
        return
    is_new = latest.generation == generation != before.generation
    if is_new or (before.running and not state.running and state.found_nothing_new):
        text = ("New data: " if is_new else "") + freshness_words.outcome(latest)
        st.session_state[OUTCOME] = Outcome(text, time.monotonic() + OUTCOME_SECONDS)
