"""How the audit trail is narrowed and read: filters in the address, events in a table."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from core.audit_log import OUTCOMES, Wanted
from core.models import AuditEvent
from dashboard import filters, moments
from dashboard.tables import ROW_HEIGHT

EVERYTHING = "all"
PERIODS: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
PERIOD_NAMES = {
    EVERYTHING: "Any time",
    "day": "Last 24 hours",
    "week": "Last 7 days",
    "month": "Last 30 days",
}
LONGEST_CHANGES = 2_000


def narrow(actions: Sequence[str]) -> tuple[Wanted, str]:
    """Draw the filters; return what they ask for, and the address of that as CSV."""
    search = filters.search("Search the audit", placeholder="Search values and traces", width=230)
    who = st.text_input(
        "Who",
        key="who",
        placeholder="Who: an address",
        label_visibility="collapsed",
        on_change=filters.first_page,
        bind="query-params",
        width=160,
    )
    action = _choice("Action", "action", [EVERYTHING, *actions], {EVERYTHING: "Any action"}, 150)
    names = {EVERYTHING: "Any outcome"} | {name: name.capitalize() for name in OUTCOMES}
    outcome = _choice("Outcome", "outcome", [EVERYTHING, *OUTCOMES], names, 140)
    period = _choice("Time", "period", list(PERIOD_NAMES), PERIOD_NAMES, 140)
    given = {"q": search, "who": (who or "").strip(), "action": action, "outcome": outcome}
    query = {name: value for name, value in (given | {"period": period}).items() if value}
    return wanted(query), f"/downloads/audit.csv?{urlencode(query)}"


def wanted(query: Mapping[str, str], *, now: datetime | None = None) -> Wanted:
    """Return what an address asks for; what it names wrongly narrows nothing."""
    period = PERIODS.get(query.get("period", ""))
    return Wanted(
        search=query.get("q", ""),
        who=query.get("who", ""),
        action=query.get("action", ""),
        outcome=query.get("outcome", ""),
        since=(now or datetime.now(UTC)) - period if period else None,
    )


def table(events: Sequence[AuditEvent], token_names: Mapping[int, str]) -> AuditEvent | None:
    """Show events: when, who, what, on what, its changes, how it went, from where; return one."""
    shown = frame(events, token_names)
    if not any(event.token_id for event in events):
        shown = shown.drop("token")
    text, moment = st.column_config.TextColumn, st.column_config.DatetimeColumn
    state = st.dataframe(
        shown,
        column_config={
            "at": moment(
                "When", format="YYYY-MM-DD HH:mm:ss", timezone=moments.zone().key, width=140
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
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        placeholder="-",
        alt="Audit",
        key=f"audit-{events[0].id}-{events[-1].id}",
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = state.selection.rows
    return events[chosen[0]] if chosen and chosen[0] < len(events) else None


def details(event: AuditEvent) -> None:
    """Show all that an event changed, a field a line."""
    rows = [(name, *_before_after(value)) for name, value in event.changes.items()]
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


def frame(events: Sequence[AuditEvent], token_names: Mapping[int, str]) -> pl.DataFrame:
    """Return events as a table, for the screen and for files; moments are UTC.

    `token_names` has the names of the API tokens by their ids.
    """
    rows = [
        {
            "at": event.at,
            "actor": event.actor,
            "action": event.action,
            "subject": f"{event.subject_type} {event.subject_id}" if event.subject_id else None,
            "changes": describe(event.changes) or None,
            "outcome": event.outcome,
            "address": event.address,
            "trace_id": event.trace_id,
            "token": _token(event.token_id, token_names),
        }
        for event in events
    ]
    schema: dict[str, Any] = dict.fromkeys(
        ("actor", "action", "subject", "changes", "outcome", "address", "trace_id", "token"),
        pl.String,
    )
    return pl.DataFrame(rows, schema={"at": pl.Datetime("us", "UTC"), **schema})


def describe(changes: Mapping[str, Any]) -> str:
    """Return changes in a line: `full_name: Ann → Bob; is_active: yes → no`."""
    return "; ".join(f"{name}: {_both(value)}" for name, value in changes.items())[:LONGEST_CHANGES]


def _token(token_id: int | None, names: Mapping[int, str]) -> str | None:
    if token_id is None:
        return None
    return f"{token_id}: {names[token_id]}" if token_id in names else str(token_id)


def _both(value: object) -> str:
    before, after = _before_after(value)
    return after if before in {after, _word(None)} else f"{before} → {after}"


def _before_after(value: object) -> tuple[str, str]:
    if isinstance(value, list) and len(value) == 2:
        return _word(value[0]), _word(value[1])
    return _word(None), _word(value)


def _word(value: object) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _choice(label: str, key: str, options: list[str], names: Mapping[str, str], width: int) -> str:
    chosen = st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda option: names.get(option, option),
        label_visibility="collapsed",
        on_change=filters.first_page,
        bind="query-params",
        width=width,
    )
    return "" if chosen in {None, EVERYTHING} else str(chosen)
