"""The dialogs of the Refreshes page that confirm a rollback, and the end of one."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.actor import Actor
from core.refreshes import rollback
from core.refreshes.inventory import Stored
from core.refreshes.rollback import Rollback
from dashboard.shell import refresh_requests
from dashboard.ui import dialogs, local_time, notices


@dataclass(frozen=True)
class Plan:
    """What to confirm: make `to` current in place of generation `seen`, or resume without `to`."""

    seen: int
    to: Stored | None = None
    back: Rollback | None = None


def open_set_back(to: Stored, current: Stored | None) -> None:
    """Open the dialog that confirms a rollback."""
    st.session_state[dialogs.ROLLBACK] = Plan(current.generation if current else 0, to=to)
    st.rerun()


def open_let_go(back: Rollback) -> None:
    """Open the dialog that confirms the return to the newest snapshot."""
    st.session_state[dialogs.ROLLBACK] = Plan(int(back.folder.split("-")[0]), back=back)
    st.rerun()


def show(actor: Actor) -> None:
    """Show the dialog that is open, if any."""
    plan: Plan | None = st.session_state.get(dialogs.ROLLBACK)
    if plan is None:
        return
    title = "Make current" if plan.to else "Let go"
    st.dialog(title, on_dismiss=_close)(_set_back if plan.to else _let_go)(actor, plan)


def _set_back(actor: Actor, plan: Plan) -> None:
    to = plan.to
    if to is None or to.taken_at is None:
        return
    rows = f"{notices.count(to.users or 0, 'user')} and {notices.count(to.items or 0, 'item')}"
    st.markdown(
        f"All pages, files and the API show the data of {local_time.clock(to.taken_at)} at once:"
        f" {rows}. No refresh replaces it until a superuser lets go, and every page says so."
    )
    if st.button("Make it current", type="primary", key="set-back"):
        _carry_out(
            lambda: rollback.roll_back(actor=actor, generation=to.generation, seen=plan.seen)
        )


def _let_go(actor: Actor, plan: Plan) -> None:
    st.markdown(
        "All pages, files and the API show the newest snapshot again at once, and a refresh brings"
        " what has changed since."
    )
    if st.button("Let go", type="primary", key="let-go"):
        _carry_out(lambda: refresh_requests.resume(actor, seen=plan.seen))


def _carry_out(act: Callable[[], None]) -> None:
    def done() -> None:
        act()
        refresh_requests.tell()
        _close()

    notices.carry_out(done)


def _close() -> None:
    st.session_state.pop(dialogs.ROLLBACK, None)
