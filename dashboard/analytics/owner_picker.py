"""Picks one owner out of a million: searches while one types, keeps the id in the address."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.analytics.frames import to_frame
from core.snapshots.reader import Snapshot
from core.text.characters import searched
from dashboard.cache import answers
from dashboard.ui import url_state
from dashboard.ui.notices import count, errors_shown, escape

PARAMETER = "owner"
UNKNOWN = "There is no user {id} in this snapshot, so this is about all users."
LEAST = 2  # letters; a shorter search matches almost everybody


@dataclass(frozen=True)
class Owner:
    """The chosen user, as in the snapshot."""

    id: int
    email: str


def choose(
    snapshot: Snapshot, owner_id: int | None, warnings: list[str], results: DeltaGenerator
) -> Owner | None:
    """Draw the chosen owner, or a search to choose one; return the owner.

    Search results are drawn in the container `results`. If the snapshot lacks the owner, a warning
    is appended.
    """
    row = None if owner_id is None else answers.owner(snapshot, owner_id)
    if owner_id is not None and row is None:
        warnings.append(UNKNOWN.format(id=owner_id))
    if row is not None:
        owner = Owner(int(str(row["user_id"])), str(row["email"]))
        st.button(
            escape(owner.email),
            icon=":material/close:",
            key="owner-chosen",
            help="Show all users again",
            on_click=_put,
            args=(None,),
        )
        return owner
    _search(snapshot, results)
    return None


def whose(owner: Owner | None) -> str:
    """Return a description of the owner, or `All users`."""
    return f"Items of {owner.email}" if owner else "All users"


def _search(snapshot: Snapshot, results: DeltaGenerator) -> None:
    text = st.text_input(
        "Owner",
        type="search",
        key="owner-search",
        placeholder="One owner: search addresses and names",
        label_visibility="collapsed",
        live="300ms",
        width=320,
    )
    text = searched(text or "")
    if len(text) < LEAST:
        return
    with results.container(border=True, gap="xxsmall", width=420), errors_shown():
        owners = to_frame(answers.find_owners(snapshot, text))
        if not len(owners):
            st.caption("No owner of items matches.")
        for row in owners.iter_rows(named=True):
            st.button(
                f"{escape(row['email'])} · {count(row['item_count'], 'item')}",
                key=f"owner-{row['user_id']}",
                type="tertiary",
                on_click=_put,
                args=(str(row["user_id"]),),
            )


def _put(user_id: str | None) -> None:
    url_state.put({PARAMETER: user_id})
    st.session_state["owner-search"] = ""
