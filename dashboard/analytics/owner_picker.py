"""The choice of one owner out of a million: found while it is typed, kept in the address by id."""

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
LEAST = 2  # letters; with fewer nearly everybody is found


@dataclass(frozen=True)
class Owner:
    """A user of the snapshot whose items are looked at."""

    id: int
    email: str


def choose(
    snapshot: Snapshot, filters: int | None, notes: list[str], offers: DeltaGenerator
) -> Owner | None:
    """Draw who is chosen, or a search for somebody to choose; return who it is.

    Whom the search finds is drawn in `offers`. Somebody who is not in the snapshot is noted.
    """
    found = None if filters is None else answers.owner(snapshot, filters)
    if filters is not None and found is None:
        notes.append(UNKNOWN.format(id=filters))
    if found is not None:
        owner = Owner(int(str(found["user_id"])), str(found["email"]))
        st.button(
            escape(owner.email),
            icon=":material/close:",
            key="owner-chosen",
            help="Show all users again",
            on_click=_put,
            args=(None,),
        )
        return owner
    _search(snapshot, offers)
    return None


def whose(owner: Owner | None) -> str:
    """Return whose items these are, in words."""
    return f"Items of {owner.email}" if owner else "All users"


def _search(snapshot: Snapshot, offers: DeltaGenerator) -> None:
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
    with offers.container(border=True, gap="xxsmall", width=420), errors_shown():
        found = to_frame(answers.find_owners(snapshot, text))
        if not len(found):
            st.caption("No owner of items matches.")
        for row in found.iter_rows(named=True):
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
