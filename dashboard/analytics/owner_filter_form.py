"""The filters of owners: a search, a period and a form, all kept in the address."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.analytics.owner_filter import FIRST_DAY, LAST_DAY, NAMES, OwnerFilter, parse
from core.calendar.periods import Period
from dashboard.charts import titles
from dashboard.ui import drafts, filter_widgets, forms, local_time, url_state
from dashboard.ui.drafts import Draft
from dashboard.ui.forms import Dialog

SCREEN = "items_by_user"
PERIODS = {
    Period.ALL.value: "All time",
    Period.DAYS_7.value: "7 days",
    Period.DAYS_30.value: "30 days",
    Period.DAYS_90.value: "90 days",
}
FORM = ("least", "most", "active", "joined_from", "joined_until")
DAYS: dict[str, Any] = {
    "min_value": FIRST_DAY,
    "max_value": LAST_DAY,
    "format": "YYYY-MM-DD",
}


def toolbar() -> tuple[OwnerFilter, list[str]]:
    """Draw the search, the period and the form above a list.

    Returns the filters from the address, and warnings about what was corrected in it.
    """
    text = filter_widgets.search("Search users", placeholder="Search addresses and names")
    query = {name: st.query_params[name] for name in NAMES.values() if name in st.query_params}
    filters, warnings = parse({**query, "q": text}, zone=local_time.zone().key)
    _draw_period(filters.period)
    _open_form(filters)
    return filters, warnings


def period() -> tuple[Period, list[str]]:
    """Draw only the choice of a period; return it, and warnings about the address."""
    filters, warnings = parse({"period": url_state.get("period")})
    _draw_period(filters.period)
    return filters.period, warnings


def _draw_period(chosen: Period) -> None:
    st.radio(
        "Period",
        list(PERIODS),
        format_func=PERIODS.__getitem__,
        key=url_state.show("period", chosen.value),
        horizontal=True,
        width="content",
        label_visibility="collapsed",
        on_change=url_state.take,
        args=("period", Period.ALL.value),
    )


def _open_form(filters: OwnerFilter) -> None:
    """Draw the button that opens the form, and the form while it is open."""
    used = len(titles.describe(filters))
    label = f"Filters ({used})" if used else "Filters"
    if st.button(label, icon=":material/tune:"):
        drafts.open_draft(Draft(SCREEN, "filter"))
    # Not a popover: a click outside closes one before the focused field has sent its value.
    forms.show(SCREEN, {"filter": Dialog("Filters", lambda draft: _form(filters, draft.key))})


def _form(filters: OwnerFilter, key: str) -> None:
    with st.form(key, border=False):
        one, other = st.columns(2)
        with one:
            least = _number("Items, at least", filters.least, f"{key}-least")
            since = st.date_input("Joined from", filters.joined_from, key=f"{key}-since", **DAYS)
        with other:
            most = _number("Items, at most", filters.most, f"{key}-most")
            until = st.date_input("Joined until", filters.joined_until, key=f"{key}-until", **DAYS)
        active = st.radio(
            "Users",
            list(titles.ACTIVITY),
            list(titles.ACTIVITY).index(filters.active or titles.ANY),
            format_func=titles.ACTIVITY.__getitem__,
            horizontal=True,
            key=f"{key}-active",
        )
        st.caption(f"Days are those of {local_time.zone().key}.")
        with st.container(horizontal=True):
            applied = st.form_submit_button("Apply", type="primary")
            cancelled = st.form_submit_button(forms.CANCEL)
    if applied:
        chosen = replace(
            filters,
            active=None if active == titles.ANY else active,
            joined_from=since,
            joined_until=until,
        )
        _apply(chosen.to_query() | {"least": least, "most": most})
    if applied or cancelled:
        drafts.leave()


def _number(label: str, value: int | None, key: str) -> str:
    """Draw a field for a number; return the text, which the page checks and corrects.

    It is a text field, as Escape clears a number field.
    """
    typed = st.text_input(label, "" if value is None else str(value), key=key)
    return (typed or "").replace(",", "").strip()


def _apply(query: Mapping[str, str]) -> None:
    url_state.put({name: query.get(name) for name in (*FORM, "zone")})


def noun(filters: OwnerFilter) -> str:
    """Return the plural noun for the rows of a list with these filters."""
    days = filters.period.days
    return f"users with items of the last {days} days" if days else "users with items"
