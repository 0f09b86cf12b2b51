"""The history of refreshes: a table, and all that is known of the one that is chosen."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.refreshes import requests
from core.text.wording import byte_size
from dashboard.charts import chart
from dashboard.charts import refreshes as refresh_charts
from dashboard.shell import freshness_words
from dashboard.system.run_columns import MOST_ROWS, run_duration, started_column
from dashboard.ui import notices, tables

OUTCOMES = {"succeeded": "Succeeded", "failed": "Failed", "held": "Held back"}


def choose(runs: Sequence[RefreshRun]) -> RefreshRun | None:
    """Show refreshes; return the chosen one."""
    return tables.choose(
        _frame(runs),
        runs,
        identities=[run.id for run in runs],
        name="Refreshes",
        columns=_columns(),
        most_rows=MOST_ROWS,
    )


def details(actor: Actor, run: RefreshRun) -> None:
    """Show all that is known of a refresh, and how long its steps took."""
    with transaction() as db:
        spans = requests.spans(db, actor=actor, run_id=run.id)
    with st.container(border=True, gap="xsmall"):
        st.subheader(f"Refresh {run.id:,}", anchor=False)
        for line in describe(run):
            st.caption(line)
        if spans:
            chart.show(refresh_charts.waterfall(spans))


def describe(run: RefreshRun) -> list[str]:
    """Return sentences about a refresh, as Markdown."""
    who = freshness_words.asked_by(run)
    lines = [f"{OUTCOMES.get(run.status, run.status.capitalize())}. {who}."]
    if run.status == "succeeded":
        lines.append(freshness_words.outcome(run))
    if run.reason:
        lines.append(f"All parts were written: {notices.escape(run.reason)}")
    if run.error:
        lines.append(notices.escape(run.error))
    written = f"{byte_size(run.bytes_written)} and {notices.count(run.rows_written or 0, 'row')}"
    snapshot = f"Snapshot {run.generation}. {written} written." if run.generation else ""
    trace = f"Trace {run.trace_id}" if run.trace_id else "It has no trace: traces are off."
    return [line for line in (*lines, snapshot, trace) if line]


def _frame(runs: Sequence[RefreshRun]) -> pl.DataFrame:
    rows = [
        {
            "outcome": OUTCOMES.get(run.status, run.status.capitalize()),
            "mode": (run.mode or "").capitalize() or None,
            "trigger": run.trigger.capitalize(),
            "requested_by": run.requested_by,
            "started_at": run.started_at or run.requested_at,
            "duration": run_duration(run.started_at, run.finished_at),
            "users": run.users,
            "items": run.items,
            "rows_written": run.rows_written,
            "size": byte_size(run.bytes_written),
            "error": run.error,
        }
        for run in runs
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "outcome": text("Outcome", width=85),
        "mode": text("Mode", width=90),
        "trigger": text("Trigger", width=75),
        "requested_by": text("Asked by", width=160),
        "started_at": started_column("Started"),
        "duration": text("Duration", width=70),
        "users": number("Users", format="%,d", width=85),
        "items": number("Items", format="%,d", width=85),
        "rows_written": number("Rows written", format="%,d", width=95),
        "size": text("Written", width=75),
        "error": text("Error", width=150),
    }
