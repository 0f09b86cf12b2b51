"""A page's state is kept in its address only: each run reads it, each change is one history step.

Streamlit's own binding of widgets (`bind="query-params"`) is not used: it carries a value over to
the next page that binds the same name, and drops it from the address when the user goes back.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.text.characters import searched

PAGE = "page"  # a list's page number; any other change resets it
STEP = "url_state.step"
BEHIND_SECONDS = 5.0

Query = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """The last change of the address: its page, and the queries `behind` (before) and `ahead`."""

    page: str
    behind: tuple[Query, ...]
    ahead: Query
    at: float


def get(name: str, default: str = "") -> str:
    """Return a query parameter of the address."""
    return str(st.query_params.get(name, default))


def put(changes: Mapping[str, str | None]) -> None:
    """Change query parameters in one step of the browser's history.

    None removes a parameter. A list goes back to its first page.
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
    """Set the value of a parameter's widget; return the widget's key.

    The value is set only if it differs, as setting it would discard what is being typed.
    """
    if st.session_state.get(name) != value:
        st.session_state[name] = value
    return name


def take(name: str, default: object = None) -> None:
    """Copy a widget's value into the address; this is the widget's callback."""
    value = st.session_state[name]
    put({name: None if value in {None, "", default} else searched(str(value))})


def catch_up() -> None:
    """Apply the last step if the browser requested this run before it had received that step.

    Somebody who types a search and at once presses a button sends two requests with the same
    address; without this, the second would undo the first.
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
