"""The filters of the audit trail, and its table of events."""

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from core.audit import rows as audit_rows
from core.audit import search as audit_search
from core.audit.search import OUTCOMES, EventFilter
from core.db.models import AuditEvent
from dashboard.ui import filter_widgets, local_time, tables, url_state
from dashboard.ui.tables import ROW_HEIGHT

EVERYTHING = "all"
PERIOD_NAMES = {
    EVERYTHING: "Any time",
    "day": "Last 24 hours",
    "week": "Last 7 days",
    "month": "Last 30 days",
}
LONGEST_CHANGES = 2_000


def read_filters(actions: Sequence[str]) -> tuple[EventFilter, dict[str, str]]:
    """Draw the filters; return them, and their query parameters."""
    search = filter_widgets.search(
        "Search the audit", placeholder="Search values and traces", width=230
    )
    who = filter_widgets.text("Who", "who", placeholder="Who: an address", width=160)
    names = {EVERYTHING: "Any action"} | {action: action for action in actions}
    action = _choice("Action", "action", names, 150)
    names = {EVERYTHING: "Any outcome"} | {name: name.capitalize() for name in OUTCOMES}
    outcome = _choice("Outcome", "outcome", names, 140)
    period = _choice("Time", "period", PERIOD_NAMES, 140)
    texts = {"q": search, "who": who, "action": action, "outcome": outcome}
    query = {name: value for name, value in (texts | {"period": period}).items() if value}
    return audit_search.parse(query), query


def table(events: Sequence[AuditEvent], token_names: Mapping[int, str]) -> AuditEvent | None:
    """Show events in a table; return the chosen one."""
    shortened = pl.col("changes").str.head(LONGEST_CHANGES)
    frame = audit_rows.frame(events, token_names).drop("details").with_columns(shortened)
    if not any(event.token_id for event in events):
        frame = frame.drop("token")
    text, moment = st.column_config.TextColumn, st.column_config.DatetimeColumn
    return tables.choose(
        frame,
        events,
        identities=[event.id for event in events],
        name="Audit",
        columns={
            "at": moment(
                "When", format="YYYY-MM-DD HH:mm:ss", timezone=local_time.zone().key, width=140
            ),
            "actor": text("Who", width=170),
            "action": text("What", width=115),
            "subject": text("On", width=65),
            "changes": text("Before and after", width=260),
            "outcome": text("Outcome", width=70),
            "address": text("From", width=95),
            "trace_id": text("Trace", width=80),
            "token": text("By API token", width=130),
        },
    )


def details(event: AuditEvent) -> None:
    """Show the changes of an event, one row per field."""
    rows = [(name, *audit_rows.before_after(value)) for name, value in event.changes.items()]
    if not rows:
        st.caption("This event changed no fields.")
        return
    text = st.column_config.TextColumn
    st.dataframe(
        pl.DataFrame(
            rows, schema=dict.fromkeys(("field", "before", "after"), pl.String), orient="row"
        ),
        column_config={
            "field": text("Field", width=150),
            "before": text("Before", width=420),
            "after": text("After", width=420),
        },
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        alt="Before and after",
    )


def _choice(label: str, name: str, options: Mapping[str, str], width: int) -> str:
    value = filter_widgets.one_of(label, name, options, EVERYTHING)
    st.selectbox(
        label,
        list(options),
        key=url_state.show(name, value),
        format_func=options.__getitem__,
        label_visibility="collapsed",
        on_change=url_state.take,
        args=(name, EVERYTHING),
        width=width,
    )
    return "" if value == EVERYTHING else value
