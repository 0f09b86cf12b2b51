"""The history of verifications: how snapshots compared with the database."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.db.refresh_models import SnapshotCheck
from dashboard.system.run_columns import MOST_ROWS, run_duration, started_column
from dashboard.ui import notices, tables

MOST_CHECKS = 10


def show(checked: Sequence[SnapshotCheck]) -> None:
    """Show how far the newest check is, how all ended, and what the chosen one found."""
    st.subheader("Checks against the database", anchor=False)
    newest = checked[0]
    if newest.status == "running":
        done = newest.parts_done / newest.parts_total if newest.parts_total else 0.0
        parts = f"{newest.parts_done:,} of {newest.parts_total:,} parts compared"
        st.progress(min(done, 1.0), text=parts)
    elif newest.status == "requested":
        st.progress(0.0, text="Waiting to start")
    checked = tables.newest(checked, MOST_CHECKS, "checks")
    chosen = tables.choose(
        _frame(checked),
        checked,
        identities=[check.id for check in checked],
        name="Checks",
        columns=_columns(),
        most_rows=MOST_ROWS,
    )
    for line in (chosen or newest).findings:
        st.text(line)


def verdict(check: SnapshotCheck) -> str:
    """Return the outcome of a verification as text."""
    if check.status != "succeeded":
        return check.status.capitalize()
    newer = f", {notices.count(check.newer or 0, 'part')} changed since" if check.newer else ""
    if check.wrong:
        return f"{notices.count(check.wrong, 'difference')} that nothing explains{newer}"
    return f"The same as the database{newer}"


def _frame(checked: Sequence[SnapshotCheck]) -> pl.DataFrame:
    rows = [
        {
            "outcome": verdict(check),
            "requested_by": check.requested_by,
            "started_at": check.started_at or check.requested_at,
            "duration": run_duration(check.started_at, check.finished_at),
            "generation": check.generation,
            "parts": check.parts_done,
            "error": check.error,
        }
        for check in checked
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "outcome": text("Outcome", width=280),
        "requested_by": text("Asked by", width=160),
        "started_at": started_column("Started"),
        "duration": text("Duration", width=70),
        "generation": number("Snapshot", format="%d", width=80),
        "parts": number("Parts", format="%,d", width=60),
        "error": text("Error", width=200),
    }
