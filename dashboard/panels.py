"""The parts that pages are laid out with: figures, framed charts and toolbars."""

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.charts import Drawing

CHOOSE = "Select a row first: click the box at its left, or press Shift and Space in it."


def figure(label: str, value: int, remark: str) -> DeltaGenerator:
    """Draw one number with a remark of our own; return the place beside it, for a link."""
    with st.container(border=True, gap="xxsmall", height="stretch"):
        st.metric(label, f"{value:,}")
        row = _row()
        row.caption(remark, width="content")
        return row


def share(part: int, whole: int) -> str:
    """Return a part of the users in percent."""
    return f"{part / whole:.1%} of users" if whole else "no users"


def chart(title: str, drawing: Drawing) -> DeltaGenerator:
    """Draw a chart in a frame below its title; return the place beside that, for a link."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        row = _row()
        row.subheader(title, anchor=False, width="content")
        st.altair_chart(drawing)  # its description is its accessible name
        return row


def toolbar(*, spread: bool = True) -> DeltaGenerator:
    """Return the row above a list, for what narrows it and what acts on it.

    It is not to be spread when a table comes next, whose own tools appear at the right.
    """
    return _row("distribute" if spread else "left")


def actions() -> DeltaGenerator:
    """Return the place in a toolbar for what acts on a list."""
    return st.container(horizontal=True, width="content", gap="xsmall")


def row_actions(place: DeltaGenerator, chosen: object | None) -> Literal["edit", "delete"] | None:
    """Draw what can be done with the chosen row; return what was asked for."""
    if row_action(place, "Edit", ":material/edit:", chosen):
        return "edit"
    if row_action(place, "Delete", ":material/delete:", chosen):
        return "delete"
    return None


def row_action(place: DeltaGenerator, label: str, icon: str, chosen: object | None) -> bool:
    """Draw a button that acts on the chosen row; tell whether it was pressed."""
    idle = chosen is None
    return place.button(label, icon=icon, disabled=idle, help=CHOOSE if idle else None)


def _row(alignment: Literal["left", "distribute"] = "distribute") -> DeltaGenerator:
    return st.container(
        horizontal=True, horizontal_alignment=alignment, vertical_alignment="center"
    )
