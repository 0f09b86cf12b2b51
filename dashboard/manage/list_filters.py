"""The filters of the lists of items and users, and their descriptions."""

from collections.abc import Mapping

import streamlit as st

from core.analytics.row_filter import Noun, RowFilter, parse
from core.calendar.periods import Span
from core.db.models import User
from dashboard.cache import pinned_snapshot
from dashboard.charts.titles import ACTIVITY, ANY
from dashboard.ui import chips, local_time, notices

GONE = "a user who is gone"


def read(noun: Noun) -> tuple[RowFilter, list[str]]:
    """Return the filters in the address, and warnings about what was corrected in it."""
    return parse(st.query_params.to_dict(), noun=noun)


def created(filters: RowFilter) -> Span | None:
    """Return the period filter's time span, or None; raise `Unavailable` without a snapshot."""
    if filters.period.days is None:
        return None
    return filters.period.span(pinned_snapshot.snapshot().taken_at)


def describe(filters: RowFilter, owner: User | None = None) -> dict[str, str]:
    """Return a description of each active filter by parameter; `owner` is the filter's user."""
    parts: dict[str, str] = {}
    if filters.owner is not None:
        parts["owner"] = f"Items of {owner.email if owner else GONE}"
    if filters.active is not None:
        parts["active"] = ACTIVITY[filters.active or ANY]
    span = created(filters)
    if span is not None:
        until = local_time.clock(span.until)
        parts["period"] = f"Created in the {filters.period.days} days up to {until}"
    return parts


def draw(parts: Mapping[str, str]) -> None:
    """Draw a chip for each active filter, with a button that removes it."""
    chips.draw({name: notices.escape(text) for name, text in parts.items()})


def words(search: str, parts: Mapping[str, str]) -> str:
    """Return one description of the search and all active filters."""
    text = [f"“{search}”"] if search else []
    return ", ".join([*text, *(part[:1].lower() + part[1:] for part in parts.values())])
