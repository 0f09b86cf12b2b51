"""What narrows a list: a search field and a page number, both in the address."""

from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

PAGE_SIZE = 50
MOST_PAGES = 10**9  # as far as PostgreSQL and DuckDB can skip, and farther than any list goes
SEARCH, PAGE = "q", "page"
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
    """Draw the search field; return what is looked for, without outer blanks."""
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
    return (text or "").strip()


def read_page(read: Callable[[int], Counted[Rows]]) -> Part[Rows]:
    """Read the page that the address asks for, or the last one when there are fewer.

    `read` takes the number of rows to skip.
    """
    number = wanted_page()
    found = read((number - 1) * PAGE_SIZE)
    last = last_page(found.count)
    if number > last:
        number = st.session_state[PAGE] = last
        found = read((number - 1) * PAGE_SIZE)
    return Part(found.rows, found.count, capped=found.capped, skipped=(number - 1) * PAGE_SIZE)


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
