"""What a page shows stands in its address and nowhere else: read each run, changed in one step.

Streamlit does not bind the widgets (`bind="query-params"`): it carries a bound value on to the next
page that binds the same name, and drops it from the address when one goes back.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.text.characters import searched

PAGE = "page"  # of a list, which begins again when anything else changes
STEP = "url_state.step"
BEHIND_SECONDS = 5.0

Query = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """The last change of an address: from which queries, on which page, and to what."""

    page: str
    behind: tuple[Query, ...]
    ahead: Query
    at: float


def get(name: str, default: str = "") -> str:
    """Return a parameter of the address."""
    return str(st.query_params.get(name, default))


def put(changes: Mapping[str, str | None]) -> None:
    """Change parameters of the address, all in one step of the browser's history.

    None takes one out; a list begins again at its first page.
    """
    catch_up()
    before = st.query_params.to_dict()
    query = before | {PAGE: None} | dict(changes)
    after = {name: value for name, value in query.items() if value}
    last: Step | None = st.session_state.get(STEP)
    behind = (*(last.behind if last else ()), before)
    st.session_state[STEP] = Step(_page(), behind, after, time.monotonic())
    st.query_params.from_dict(after)


def show(name: str, value: object) -> str:
    """Let the widget of a parameter show `value`; return the key to draw it with.

    It is told only when it shows another one, which would take away what is being typed.
    """
    if st.session_state.get(name) != value:
        st.session_state[name] = value
    return name


def take(name: str, default: object = None) -> None:
    """Put into the address what somebody chose or typed: the callback of a widget."""
    value = st.session_state[name]
    put({name: None if value in {None, "", default} else searched(str(value))})


def catch_up() -> None:
    """Go on from the last step when the browser had not heard of it as it asked for this run.

    Somebody who types a search and presses a button at once asks twice with the same address.
    """
    step: Step | None = st.session_state.get(STEP)
    if step is None:
        return
    query = st.query_params.to_dict()
    late = time.monotonic() - step.at > BEHIND_SECONDS
    if late or step.page != _page() or _goes_through_history():
        del st.session_state[STEP]
    elif query in step.behind:
        st.query_params.from_dict(step.ahead)


def _page() -> str:
    context = get_script_run_ctx()
    return context.page_script_hash if context else ""


def _goes_through_history() -> bool:
    return getattr(get_script_run_ctx(), "is_history_navigation", False)
