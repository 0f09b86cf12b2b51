"""The export menus of a page: its table as a file, its charts as pictures."""

from collections.abc import Iterable, Mapping
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from core.exports.formats import FORMATS, Format
from core.exports.formats.regions import wants_semicolons
from core.text.wording import counted_all
from dashboard import pictures
from dashboard.exports import responses
from dashboard.ui import local_time

# Styles of our own elements; they inherit colour and font from the page.
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
    by_day: bool = False,
) -> None:
    """Draw the menu for a dataset with the page's filters; `rows` is their number, if known.

    Use `as_of_snapshot` on pages that show the database, as the file may be older. Use `by_day` if
    the rows are days or longer steps, which are in the reader's zone in every format.
    """
    given = {name: value for name, value in (filters or {}).items() if value}
    matching = f"All {noun}{' that match' * bool(given)}"
    held = matching if rows is None else counted_all(rows, noun)
    source = ", as of the last refresh" if as_of_snapshot else ""
    with st.popover("Export", icon=":material/download:", type="tertiary"):
        zone = local_time.zone()
        st.caption(f"{held}{source}. {_days(zone) if by_day else _zones(zone)}")
        formats = in_order(st.context.locale)
        st.html(_list(_choice(question, each, rows, given) for each in formats))


def in_order(locale: str | None) -> list[Format]:
    """Return the formats; the CSV that Excel opens in the reader's locale comes first."""
    first = "semicolon.csv" if wants_semicolons(locale) else "csv"
    return sorted(FORMATS.values(), key=lambda each: each.name != first)


def draw_picture(picture: str, filters: Mapping[str, str] | None = None) -> None:
    """Draw the menu to download a chart as a picture; the picture is drawn on request.

    `picture` is a key of `dashboard.pictures.catalog.PICTURES`; `filters` are its dataset's.
    """
    with st.popover("Picture", type="tertiary"):
        st.caption("By itself: with its title, as of when, and what it is narrowed to.")
        # Without the `download` attribute: a failure shows an error page, a success stays here.
        st.html(
            _list(
                _link(
                    _address(picture, each.name, filters or {}),
                    _text(each.label, each.remark),
                    is_download=False,
                )
                for each in pictures.FORMATS.values()
            )
        )


def _days(zone: ZoneInfo) -> str:
    return f"Days begin and end in {zone.key}."


def _zones(zone: ZoneInfo) -> str:
    if zone.key == "UTC":
        return "Times are in UTC."
    return f"Excel files use {zone.key} time; the others UTC."


def _list(choices: Iterable[str]) -> str:
    return f'<div style="{LIST}">{"".join(choices)}</div>'


def _choice(question: str, format: Format, rows: int | None, filters: Mapping[str, str]) -> str:
    if format.most_rows is not None and rows is not None and rows > format.most_rows:
        text = _text(format.label, f"holds at most {format.most_rows:,} rows")
        return f'<div style="{CHOICE};border-style:dashed">{text}</div>'
    address = _address(question, format.name, filters)
    return _link(address, _text(format.label, format.remark), is_download=True)


def _address(name: str, format: str, filters: Mapping[str, str]) -> str:
    return responses.address(name, format, filters, local_time.zone())


def _link(address: str, text: str, *, is_download: bool) -> str:
    how = "download" if is_download else ""
    return f'<a href="{escape(address)}" {how} style="{CHOICE}">{text}</a>'


def _text(label: str, remark: str) -> str:
    return f'<span>{escape(label)}</span><span style="{REMARK}">{escape(remark)}</span>'
