"""The widgets that narrow a list, each of which stands in the address: text, choice, days, page."""

from collections.abc import Callable, Collection, Mapping, Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from core.analytics.owner_filter import FIRST_DAY, LAST_DAY
from core.analytics.trend_filter import Window
from core.calendar.steps import Step
from core.db.paging import PAGE_SIZE
from core.text.characters import searched
from core.text.wording import counted_all
from dashboard.ui import tables, url_state
from dashboard.ui.notices import escape
from dashboard.ui.url_state import PAGE

MOST_PAGES = 10**9  # as far as PostgreSQL and DuckDB can skip, and farther than any list goes
MOST_NAMED = 8
SEARCH = "q"
NO_PAGE = "There is no page “{asked}”, so this shows page {number:,}."
STEPS = {Step.DAY.value: "Day", Step.WEEK.value: "Week", Step.MONTH.value: "Month"}
Rows = TypeVar("Rows", bound=Sized)
Read = TypeVar("Read", bound=Sized, covariant=True)


class Counted(Protocol[Read]):
    """What reading a page returns: its rows, and how many there are in all."""

    @property
    def rows(self) -> Read:
        """The rows of the page."""

    @property
    def count(self) -> int:
        """How many rows there are, or a floor when `capped`."""

    @property
    def capped(self) -> bool:
        """Whether there are more than `count`."""


@dataclass(frozen=True)
class Part(Generic[Rows]):
    """Some rows of a longer list, after `skipped` others."""

    rows: Rows
    count: int
    capped: bool = False
    skipped: int = 0


def search(label: str, *, placeholder: str, width: int = 360) -> str:
    """Draw the search field; return what is looked for, without what came along unseen."""
    return text(label, SEARCH, type="search", placeholder=placeholder, width=width)


def text(label: str, name: str, **options: Any) -> str:
    """Draw a field without a label of which the text stands in the address; return the text."""
    asked = searched(url_state.get(name))
    st.text_input(
        label,
        key=url_state.show(name, asked),
        label_visibility="collapsed",
        on_change=url_state.take,
        args=(name,),
        **options,
    )
    return asked


def read_page(read: Callable[[int], Counted[Rows]]) -> Part[Rows]:
    """Read the page that the address asks for, or the nearest there is, and say which that is.

    `read` takes the number of rows to skip.
    """
    asked, number = url_state.get(PAGE, "1"), _page_asked()
    found = read((number - 1) * PAGE_SIZE)
    last = last_page(found.count)
    if number > last:
        number = last
        found = read((number - 1) * PAGE_SIZE)
    if asked != str(number) and found.count:
        st.caption(f":material/info: {escape(NO_PAGE.format(asked=asked[:20], number=number))}")
    return Part(found.rows, found.count, capped=found.capped, skipped=(number - 1) * PAGE_SIZE)


def choice(
    label: str, name: str, options: Mapping[str, str], *, default: str, labelled: bool = False
) -> str:
    """Draw a choice of one that stands in the address under `name`; return what is chosen.

    `options` are values and what people read.
    """
    asked = one_of(label, name, options, default)
    # Segments have too little contrast in the dark: the primary colour has to bear white as well.
    st.radio(
        label,
        list(options),
        format_func=options.__getitem__,
        key=url_state.show(name, asked),
        horizontal=True,
        width="content",
        label_visibility="visible" if labelled else "collapsed",
        on_change=url_state.take,
        args=(name, default),
    )
    return asked


def one_of(label: str, name: str, options: Collection[str], default: str) -> str:
    """Return which of `options` the address asks for; for another one the default, and say so."""
    asked = url_state.get(name, default)
    if asked in options:
        return asked
    given = f" ({', '.join(options)})" if len(options) <= MOST_NAMED else ""
    said = f"There is no “{asked[:20]}” for {label.lower()}{given}; this shows {default}."
    st.caption(f":material/info: {escape(said)}")
    return default


def days(window: Window) -> Window:
    """Draw the first and the last day that is looked at; return what the address says."""
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


def place(part: Part[Any], *, noun: str) -> None:
    """Say above a list which rows of how many it shows, and what its table searches."""
    first, last = part.skipped + 1, part.skipped + len(part.rows)
    found = f"{part.count:,}+ {noun}" if part.capped else counted_all(part.count, noun)
    told = f"{first:,} to {last:,} of {found}"
    elsewhere = "use the search above for all"
    tables.tell(told, shown=len(part.rows), count=part.count, elsewhere=elsewhere)


def pages(part: Part[Any]) -> None:
    """Draw below a list the way to its other pages, when there are any."""
    if last_page(part.count) > 1:
        key = url_state.show(PAGE, part.skipped // PAGE_SIZE + 1)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.pagination(last_page(part.count), key=key, on_change=url_state.take, args=(PAGE, 1))


def last_page(count: int) -> int:
    """Return the number of the last page of a list with `count` rows."""
    return max(1, -(-count // PAGE_SIZE))


def _page_asked() -> int:
    try:
        return min(max(1, int(url_state.get(PAGE, "1"))), MOST_PAGES)
    except ValueError:
        return 1
