"""The one quiet way out of a page: its whole table as a file, in the format that one needs."""

from collections.abc import Mapping
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from core.formats import FORMATS, Format
from dashboard import exporting, moments

# Our own element, so its look is ours to give; it takes colour and type from where it stands.
LIST = "display:flex;flex-direction:column;gap:0.25rem;min-width:17rem"
CHOICE = (
    "display:flex;flex-direction:column;padding:0.375rem 0.625rem;border-radius:6px;"
    "border:1px solid color-mix(in srgb, currentColor 18%, transparent);"
    "color:inherit;text-decoration:none;font:inherit;font-size:0.875rem;line-height:1.35"
)
REMARK = "opacity:0.72;font-size:0.8rem"


def draw(
    question: str,
    filters: Mapping[str, str] | None = None,
    *,
    rows: int | None = None,
    noun: str = "rows",
    as_of_snapshot: bool = False,
) -> None:
    """Draw the menu for a question with a page's filters; `rows` where the page knows how many.

    `as_of_snapshot` says so on pages that show the database, which may be newer than the file.
    """
    given = {name: value for name, value in (filters or {}).items() if value}
    held = f"{rows:,} {noun}" if rows is not None else f"All {noun}{' that match' * bool(given)}"
    source = ", as of the last refresh" if as_of_snapshot else ""
    with st.popover("Export", icon=":material/download:", type="tertiary"):
        st.caption(f"{held}{source}. {_zones(moments.zone())}")
        st.html(_choices(question, rows, given))


def _zones(zone: ZoneInfo) -> str:
    if zone.key == "UTC":
        return "Times are in UTC."
    return f"Times are in {zone.key} for Excel, and in UTC for programs."


def _choices(question: str, rows: int | None, filters: Mapping[str, str]) -> str:
    listed = "".join(_choice(question, each, rows, filters) for each in FORMATS.values())
    return f'<div style="{LIST}">{listed}</div>'


def _choice(question: str, format: Format, rows: int | None, filters: Mapping[str, str]) -> str:
    if format.most_rows is not None and rows is not None and rows > format.most_rows:
        text = _text(format.label, f"holds at most {format.most_rows:,} rows")
        return f'<div style="{CHOICE};border-style:dashed">{text}</div>'
    address = escape(exporting.address(question, format.name, filters, moments.zone()))
    text = _text(format.label, format.remark)
    return f'<a href="{address}" download style="{CHOICE}">{text}</a>'


def _text(label: str, remark: str) -> str:
    return f'<span>{escape(label)}</span><span style="{REMARK}">{escape(remark)}</span>'
