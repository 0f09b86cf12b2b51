"""What narrows a list: a search field and a page number, both in the address."""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from core.characters import searched
from core.days import Step
from core.listing import PAGE_SIZE
from core.owner_filter import FIRST_DAY, LAST_DAY
from core.trend_filter import Window
from dashboard.notices import escape

MOST_PAGES = 10**9  # as far as PostgreSQL and DuckDB can skip, and farther than any list goes
SEARCH, PAGE = "q", "page"
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
    text = st.text_input(
        label,
        type="search",
        key=SEARCH,
        placeholder=placeholder,
        label_visibility="collapsed",
        on_change=first_page,
        bind="query-params",
        width=width,
    )
    return searched(text or "")


def read_page(read: Callable[[int], Counted[Rows]]) -> Part[Rows]:
    """Read the page that the address asks for, or the nearest there is, and say which that is.

    `read` takes the number of rows to skip.
    """
    number = wanted_page()
    found = read((number - 1) * PAGE_SIZE)
    last = last_page(found.count)
    asked = str(st.session_state.get(PAGE) or st.query_params.get(PAGE, "1"))
    if number > last:
        number = st.session_state[PAGE] = last
        found = read((number - 1) * PAGE_SIZE)
    if asked != str(number) and found.count:
        st.caption(f":material/info: {escape(NO_PAGE.format(asked=asked[:20], number=number))}")
    return Part(found.rows, found.count, capped=found.capped, skipped=(number - 1) * PAGE_SIZE)


def choice(
    label: str, name: str, options: Mapping[str, str], *, default: str, labelled: bool = False
) -> str:
    """Draw a choice of one that stands in the address under `name`; return what is chosen.

    `options` are values and what people read. An address that asks for another one gets the default
    and is told so.
    """
    asked = st.query_params.get(name, default)
    if asked not in options:
        given = ", ".join(options)
        text = f"There is no “{asked[:20]}” for {label.lower()} ({given}); this shows {default}."
        st.caption(f":material/info: {escape(text)}")
        asked = default
    key = f"choice-{name}"
    st.session_state[key] = asked
    # Segments have too little contrast in the dark: the primary colour has to bear white as well.
    st.radio(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        horizontal=True,
        width="content",
        label_visibility="visible" if labelled else "collapsed",
        on_change=_choose,
        args=(name, key, default),
    )
    return asked


def _choose(name: str, key: str, default: str) -> None:
    put(name, st.session_state[key] if st.session_state[key] != default else None)
    first_page()


def days(window: Window) -> Window:
    """Draw the first and the last day that is looked at; return what the address says."""
    for name, label, day in (("from", "From", window.first), ("until", "Until", window.last)):
        st.session_state[f"day-{name}"] = day
        st.date_input(
            label,
            None,
            FIRST_DAY,
            LAST_DAY,
            key=f"day-{name}",
            format="YYYY-MM-DD",
            on_change=_choose_day,
            args=(name,),
            width=150,
        )
    return window


def _choose_day(name: str) -> None:
    day = st.session_state[f"day-{name}"]
    put(name, day.isoformat() if day else None)


def whose(email: str | None) -> None:
    """Draw whose rows a list shows, with a way to show everybody's."""
    st.button(
        f"Items of {escape(email or 'a user who is gone')}",
        icon=":material/close:",
        key="whose",
        help="Show the items of all users",
        on_click=_show_all,
    )


def _show_all() -> None:
    put("owner", None)
    first_page()


def put(name: str, value: str | None) -> None:
    """Set a parameter of the address, or take it out."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def place(part: Part[Any], *, noun: str) -> None:
    """Say above a list which rows of how many it shows."""
    first, last = part.skipped + 1, part.skipped + len(part.rows)
    more = "+" if part.capped else ""
    st.caption(f"{first:,} to {last:,} of {part.count:,}{more} {noun}")


def pages(part: Part[Any]) -> None:
    """Draw below a list the way to its other pages, when there are any."""
    if last_page(part.count) > 1:
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.pagination(last_page(part.count), key=PAGE, bind="query-params")


def last_page(count: int) -> int:
    """Return the number of the last page of a list with `count` rows."""
    return max(1, -(-count // PAGE_SIZE))


def wanted_page() -> int:
    """Return the page number of the session or, on a fresh link, of the address; 1 if neither."""
    given = st.session_state.get(PAGE) or st.query_params.get(PAGE, "1")
    try:
        return min(max(1, int(given)), MOST_PAGES)
    except ValueError:
        return 1


def first_page() -> None:
    """Go back to the first page, as what is looked for has changed."""
    st.session_state[PAGE] = 1
