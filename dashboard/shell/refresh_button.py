"""The refresh button, and which refreshes this session waits for."""

import streamlit as st

from core.actor import Actor
from core.db.refresh_models import RefreshRun
from core.errors import TallyError
from dashboard.shell import refresh_requests
from dashboard.shell.freshness import Freshness
from dashboard.ui import notices

REFUSED = "shell.refused"
JOINED = "shell.joined"


def draw(actor: Actor, state: Freshness) -> None:
    """Draw the button, which requests a refresh or joins the open one."""
    st.button(
        "Refresh data",
        # An animated spinner costs browser CPU, so show it only while somebody waits.
        icon="spinner" if is_watched(actor, state) else ":material/refresh:",
        # During an automatic refresh the button stays enabled: pressing it joins that refresh.
        disabled=state.requested is not None or state.back is not None,
        key="refresh",
        on_click=request,
        args=(actor,),
    )


def request(actor: Actor) -> None:
    """Request a refresh, and keep why it was refused for `show_refusal`."""
    try:
        st.session_state[JOINED] = refresh_requests.request(actor).id
    except TallyError as error:
        st.session_state[REFUSED] = error


def show_refusal() -> None:
    """Show once why a request was refused."""
    error = st.session_state.pop(REFUSED, None)
    if error is not None:
        notices.trouble(error)


def awaits(actor: Actor, run: RefreshRun | None) -> bool:
    """Tell whether the actor requested a refresh, or joined it in this session."""
    if run is None:
        return False
    return run.requested_by == actor.email or run.id == st.session_state.get(JOINED)


def is_watched(actor: Actor, state: Freshness) -> bool:
    """Tell whether a refresh is open that a person requested or this session joined."""
    return state.requested is not None or awaits(actor, state.running)
