"""Building blocks of pages: figures, framed charts and toolbars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.analytics.metrics import Shares
from dashboard.charts import chart as charts
from dashboard.charts import rounding
from dashboard.charts.chart import Chart
from dashboard.ui.notices import escape

CHOOSE = "Select a row first: click the box at its left, or press Shift and Space in it."


@dataclass(frozen=True)
class Trend:
    """The trend next to a number: its value in the period before, and a sparkline."""

    before: int
    sparkline: Chart


def figure(label: str, value: int, remark: str) -> DeltaGenerator:
    """Draw a number with a remark in Markdown; return the container below it, for a link."""
    with st.container(border=True, gap="xxsmall", height="stretch"):
        st.metric(label, f"{value:,}")
        st.caption(remark)
        return _row("right")


def changing(label: str, value: int, trend: Trend) -> DeltaGenerator:
    """Draw a number with its trend; return the container below it, for a link."""
    with st.container(border=True, gap="xxsmall", height="stretch"):
        st.metric(
            label,
            f"{value:,}",
            delta=rounding.change(value, trend.before),
            delta_color="off",  # growth is neither good nor bad here
            delta_arrow="off",
            delta_description=f"before: {trend.before:,}",
        )
        charts.show(trend.sparkline)
        return _row("right")


def share(part: int, whole: int, of: str = "users") -> str:
    """Return a share in percent: `12.5% of users`."""
    return f"{rounding.percent(part, whole)} of {of}" if whole else f"no {of}"


def spread(shares: Shares) -> str:
    """Return a sentence about the share of all items that the top owners have."""
    first = "1 owner" if shares.one_percent == 1 else f"{shares.one_percent:,} owners"
    return (
        f"The top 10 own {share(shares.top_10, shares.items, 'items')}; "
        f"the top 1%, {first}, {share(shares.top_1_percent, shares.items, 'items')}."
    )


def notes(warnings: Iterable[str]) -> None:
    """Show what was corrected in the address; the texts may quote it, so they are escaped."""
    texts = list(warnings)
    if texts:
        st.caption(f":material/info: {escape(' '.join(texts))}")


def chart(title: str, spec: Chart, remark: str = "") -> DeltaGenerator:
    """Draw a framed chart with a title and a remark in Markdown; return the container for links."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        row = _row()
        row.subheader(title, anchor=False, width="content")
        place = _beside(row)
        charts.show(spec)
        if remark:
            st.caption(remark)
        return place


def frame(title: str, remark: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw a frame with a title and a remark, which may quote users, so it is escaped.

    Returns the frame, and the container next to the remark, for links.
    """
    place = st.container(border=True, gap="xsmall")
    with place:
        row = _row()
        row.subheader(title, anchor=False, width="content")
        beside = _beside(row)
        beside.caption(escape(remark), width="content")
    return place, beside


def facts(named: Mapping[str, str]) -> None:
    """Draw a row of small figures; `named` maps labels to values."""
    with st.grid(4, min_column_width=150):
        for name, value in named.items():
            st.metric(name, value, border=True)


def toolbar(*, spread: bool = True) -> DeltaGenerator:
    """Return the row above a list, for its filters and actions.

    Above a table use `spread=False`, as the table's own tools appear at the right.
    """
    return _row("distribute" if spread else "left")


def fields() -> DeltaGenerator:
    """Return a row for fields with labels above them, aligned at the bottom."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="medium")


def entry() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return a framed row for actions on an object, and the container at its left to name it."""
    row = st.container(
        border=True,
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    )
    return row, row.container(gap="xxsmall", width="content")


def actions() -> DeltaGenerator:
    """Return the container in a toolbar for a list's actions."""
    return st.container(horizontal=True, width="content", gap="xsmall")


def row_actions(place: DeltaGenerator, chosen: object | None) -> Literal["edit", "delete"] | None:
    """Draw the actions for the chosen row; return the one that was pressed."""
    if row_action(place, "Edit", ":material/edit:", chosen):
        return "edit"
    if row_action(place, "Delete", ":material/delete:", chosen):
        return "delete"
    return None


def row_action(place: DeltaGenerator, label: str, icon: str, chosen: object | None) -> bool:
    """Draw a button that acts on the chosen row; tell whether it was pressed."""
    idle = chosen is None
    return place.button(label, icon=icon, disabled=idle, help=CHOOSE if idle else None)


def _beside(row: DeltaGenerator) -> DeltaGenerator:
    return row.container(horizontal=True, width="content", gap="small", vertical_alignment="center")


def _row(alignment: Literal["left", "right", "distribute"] = "distribute") -> DeltaGenerator:
    return st.container(
        horizontal=True, horizontal_alignment=alignment, vertical_alignment="center"
    )
