"""What superusers may do about the present: the buttons above the history of refreshes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.actor import Actor
from core.db.refresh_models import RefreshRun, SnapshotCheck
from core.errors import TallyError
from core.refreshes import requests, rollback
from dashboard.shell import refresh_requests
from dashboard.system import refresh_dialogs as dialogs
from dashboard.ui import notices


@dataclass(frozen=True)
class _Action:
    """What a button requests, and how it looks."""

    key: str
    label: str
    icon: str
    request: Callable[[Actor], None]


RELEASE = _Action("release", "Publish although rows are gone", "publish", refresh_requests.release)
FULL = _Action("full", "Write all parts", "restart_alt", refresh_requests.request_full)
CHECK = _Action("check", "Check against the database", "fact_check", refresh_requests.request_check)


def show(actor: Actor, runs: Sequence[RefreshRun], checked: Sequence[SnapshotCheck]) -> None:
    """Draw the buttons; `runs` and `checked` are the histories, newest first."""
    busy = bool(runs) and runs[0].status in requests.OPEN
    checking = bool(checked) and checked[0].status in requests.OPEN
    back = rollback.find()
    with st.container(horizontal=True, gap="xsmall"):
        if back and st.button(
            "Let go of the older data", icon=":material/lock_open:", type="primary"
        ):
            dialogs.open_let_go(back)
        if runs and runs[0].status == "held":
            _button(RELEASE, actor)
        _button(FULL, actor, disabled=busy or back is not None)
        _button(CHECK, actor, disabled=checking)


def _button(action: _Action, actor: Actor, *, disabled: bool = False) -> None:
    refusal = f"{action.key}.refused"

    def press() -> None:
        try:
            action.request(actor)
        except TallyError as error:
            st.session_state[refusal] = error

    icon = f":material/{action.icon}:"
    st.button(action.label, icon=icon, key=action.key, on_click=press, disabled=disabled)
    refused = st.session_state.pop(refusal, None)
    if refused is not None:
        notices.trouble(refused)
