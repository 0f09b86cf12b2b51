"""Filter widgets whose values are kept in the address: text, choice, days, page."""

from collections.abc import Callable, Collection, Mapping, Sized
from typing import Any, TypeVar

import streamlit as st

from core.analytics.owner_filter import FIRST_DAY, LAST_DAY
from core.analytics.trend_filter import Window
from core.calendar.steps import Step
from core.db.paging import PAGE_SIZE, Page
from core.text.characters import searched
from core.text.wording import counted_all
from dashboard.ui import tables, url_state
from dashboard.ui.notices import escape
from dashboard.ui.url_state import PAGE

MOST_PAGES = 10**9  # more than any list has, and within the OFFSET of PostgreSQL and DuckDB
MOST_NAMED = 8
SEARCH = "q"
NO_PAGE = "There is no page “{asked}”, so this shows page {number:,}."
STEPS = {Step.DAY.value: "Day", Step.WEEK.value: "Week", Step.MONTH.value: "Month"}
Rows = TypeVar("Rows", bound=Sized)


def search(label: str, *, placeholder: str, width: int = 360) -> str:
    """Draw the search field; return the search without invisible characters."""
    return text(label, SEARCH, type="search", placeholder=placeholder, width=width)


def text(label: str, name: str, **options: Any) -> str:
    """Draw a text field without a visible label, kept in the address; return its text."""
    value = searched(url_state.get(name))
    st.text_input(
        label,
        key=url_state.show(name, value),
        label_visibility="collapsed",
        on_change=url_state.take,
        args=(name,),
        **options,
    )
    return value


def read_page(read: Callable[[int], Page[Rows]]) -> Page[Rows]:
    """Read the requested page or the nearest one; in that case, say so on the page.

    `read` takes the number of rows to skip.
    """
    requested, number = url_state.get(PAGE, "1"), _requested_page()
    page = read((number - 1) * PAGE_SIZE)
    last = last_page(page.count)
    if number > last:
        number = last
        page = read((number - 1) * PAGE_SIZE)
    if requested != str(number) and page.count:
        st.caption(f":material/info: {escape(NO_PAGE.format(asked=requested[:20], number=number))}")
    return page


def choice(
    label: str, name: str, options: Mapping[str, str], *, default: str, labelled: bool = False
) -> str:
    """Draw a choice of one, kept in the address under `name`; return the chosen value.

    `options` maps values to labels.
    """
    chosen = one_of(label, name, options, default)
    # Radio buttons, as segments have too little contrast in the dark theme: its primary colour must
    # also carry white text.
    st.radio(
        label,
        list(options),
        format_func=options.__getitem__,
        key=url_state.show(name, chosen),
        horizontal=True,
        width="content",
        label_visibility="visible" if labelled else "collapsed",
        on_change=url_state.take,
        args=(name, default),
    )
    return chosen


def one_of(label: str, name: str, options: Collection[str], default: str) -> str:
    """Return the option in the address; if it is unknown, say so and return the default."""
    requested = url_state.get(name, default)
    if requested in options:
        return requested
    choices = f" ({', '.join(options)})" if len(options) <= MOST_NAMED else ""
    text = f"There is no “{requested[:20]}” for {label.lower()}{choices}; this shows {default}."
    st.caption(f":material/info: {escape(text)}")
    return default


def days(window: Window) -> Window:
    """Draw fields for the first and last day of a window; return the window unchanged."""
    for name, label, day in (("from", "From", window.first), ("until", "Until", window.last)):
        st.date_input(
            label,
            None,
            FIRST_DAY,
            LAST_DAY,
            key=url_state.show(name, day),
            format="YYYY-MM-DD",
            on_change=url_state.take,
            args=(name,),
            width=150,
        )
    return window


def place(page: Page[Any], *, noun: str) -> None:
    """Say above a list which of how many rows it shows, and which rows its table searches."""
    first, last = page.skipped + 1, page.skipped + len(page.rows)
    total = f"{page.count:,}+ {noun}" if page.capped else counted_all(page.count, noun)
    text = f"{first:,} to {last:,} of {total}"
    elsewhere = "use the search above for all"
    tables.tell(text, visible=len(page.rows), count=page.count, elsewhere=elsewhere)


def pages(page: Page[Any]) -> None:
    """Draw the pagination below a list, if it has more than one page."""
    if last_page(page.count) > 1:
        key = url_state.show(PAGE, page.skipped // PAGE_SIZE + 1)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.pagination(last_page(page.count), key=key, on_change=url_state.take, args=(PAGE, 1))


def last_page(count: int) -> int:
    """Return the number of the last page of a list with `count` rows."""
    return max(1, -(-count // PAGE_SIZE))


def _requested_page() -> int:
    try:
        return min(max(1, int(url_state.get(PAGE, "1"))), MOST_PAGES)
    except ValueError:
        return 1
