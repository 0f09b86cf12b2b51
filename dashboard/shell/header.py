"""The header of every page: its title, how fresh the data is, and the refresh button.

A timer redraws only the header. It must not rerun a page on which somebody may be typing. So it
reruns only pages that show nothing but the snapshot, and only while no dialog is open.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import streamlit as st

from core import process
from core.actor import Actor
from core.db.refresh_models import RefreshRun
from core.refreshes import requests
from dashboard.limits.token_bucket import Bucket
from dashboard.shell import freshness, freshness_words, refresh_button, refresh_outcome
from dashboard.shell.freshness import Freshness
from dashboard.ui import dialogs

OWN_SECONDS = 1  # between updates of the progress, for the person who requested the refresh
FOLLOW_SECONDS = 4  # the same for everybody else
LOOK_SECONDS = 20  # between updates while no requested refresh runs
FOLLOWERS = 2.0  # automatic page reruns a second, of all sessions together


class Followers(Bucket):
    """How many pages of this process may be run again by themselves right now."""

    def __init__(self) -> None:
        super().__init__(1, time.monotonic())


@dataclass(frozen=True)
class Header:
    """The state of the header of one page run; `follows` says that new data reruns the page."""

    actor: Actor
    title: str
    on_page: Freshness
    follows: bool


def header(actor: Actor, title: str, state: Freshness, *, follows: bool) -> None:
    """Draw the title, the freshness line and the refresh button, and keep them up to date.

    With `follows`, the whole page is rerun as soon as there is a newer snapshot.
    """
    refresh_outcome.announce(state)
    header = Header(actor, title, state, follows)
    st.fragment(_look, run_every=LOOK_SECONDS)(header, iter([state]))


def _look(header: Header, first: Iterator[Freshness]) -> None:
    """Draw the header; while a requested refresh runs, in a fragment that updates more often."""
    state = look_again(header, first)
    if not refresh_button.is_watched(header.actor, state):
        _draw(header, state)
        return
    seconds = OWN_SECONDS if refresh_button.awaits(header.actor, state.running) else FOLLOW_SECONDS
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
    if header.follows and state.outdates(header.on_page):
        if not dialogs.is_open() and (
            refresh_button.awaits(header.actor, state.latest) or _may_follow()
        ):
            st.rerun()
        # The page still shows the older snapshot, so the line above it must say so.
        state = replace(state, snapshot=header.on_page.snapshot, newer=header.on_page.newer)
    refresh_outcome.announce(state)
    return state


def _may_follow() -> bool:
    # No lock: if two threads take the last token at once, one more page reruns, which is harmless.
    return not process.resource(Followers).take(rate=FOLLOWERS, size=1, now=time.monotonic())


def _draw(header: Header, state: Freshness) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(header.title, anchor=False, width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            st.caption(freshness_words.line(state, requests.outlook()), width="content")
            refresh_button.draw(header.actor, state)
    if state.running:
        _progress(state.running)
    else:
        refresh_outcome.draw()
    refresh_button.show_refusal()
    back = freshness_words.roll_back(state)
    if back:
        st.warning(back, icon=":material/history:")
    trouble = freshness_words.trouble(state)
    if trouble:
        icon = ":material/cloud_off:" if state.away else ":material/sync_problem:"
        st.warning(trouble, icon=icon)


def _progress(run: RefreshRun) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.progress(freshness.fraction(run), text=freshness_words.progress(run))
        st.caption(freshness_words.asked_by(run))
