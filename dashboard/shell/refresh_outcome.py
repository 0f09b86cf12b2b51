"""What a refresh changed that ended while somebody was looking, shown for a while."""

import time
from dataclasses import dataclass

import streamlit as st

from dashboard.shell import freshness_words
from dashboard.shell.freshness import Freshness

OUTCOME_SECONDS = 20
SEEN = "shell.seen"
OUTCOME = "shell.outcome"


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


def announce(state: Freshness) -> None:
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


def draw() -> None:
    """Show the outcome that was announced last, until its time is over."""
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    if outcome is not None and time.monotonic() < outcome.until:
        with st.container(border=True):
            st.caption(f":material/check: {outcome.text}")
