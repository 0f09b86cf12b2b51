"""The Refreshes page: the history of refreshes and verifications, and the snapshots on disk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from core.actor import Actor
from core.analytics.frames import to_table
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun, SnapshotCheck
from core.errors import TallyError
from core.refreshes import inventory, requests, rollback, verifications
from core.refreshes.inventory import Stored
from dashboard.charts import chart
from dashboard.charts import refreshes as refresh_charts
from dashboard.shell import freshness, freshness_words
from dashboard.system import refresh_dialogs as dialogs
from dashboard.ui import local_time, notices, panels, tables
from dashboard.ui.tables import MISSING, ROW_HEIGHT

Row = TypeVar("Row", RefreshRun, SnapshotCheck, Stored)
MOST_RUNS, MOST_CHECKS = 50, 10
SIZES = ("B", "kB", "MB", "GB", "TB")
OUTCOMES = {"succeeded": "Succeeded", "failed": "Failed", "held": "Held back"}


def show(actor: Actor) -> None:
    """Draw the whole page; a timer reruns it to show progress."""
    with notices.errors_shown():
        with transaction() as db:
            runs = requests.history(db, actor=actor, limit=MOST_RUNS + 1)
            checked = verifications.history(db, actor=actor, limit=MOST_CHECKS + 1)
        if actor.is_superuser:
            _actions(actor, runs, checked)
        if not runs:
            notices.empty(
                "There was no refresh yet.", "Press Refresh data, or run `tally refresh`."
            )
            return
        if any(run.step_seconds for run in runs):
            panels.chart("Time by step", refresh_charts.steps(runs[:MOST_RUNS], local_time.zone()))
        chosen = _history(tables.newest(runs, MOST_RUNS, "refreshes"))
        if chosen is not None:
            _details(actor, chosen)
        if checked:
            _checks(checked)
        if actor.is_superuser:
            _snapshots(actor)


def size(count: int | None) -> str:
    """Format a number of bytes in the unit that fits: `1.2 MB`."""
    if count is None:
        return ""
    number, unit = float(count), 0
    while number >= 1000 and unit < len(SIZES) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:,.1f} {SIZES[unit]}" if unit else f"{count:,} B"


def _actions(actor: Actor, runs: Sequence[RefreshRun], checked: Sequence[SnapshotCheck]) -> None:
    busy = bool(runs) and runs[0].status in requests.OPEN
    checking = bool(checked) and checked[0].status in requests.OPEN
    back = rollback.find()
    with st.container(horizontal=True, gap="xsmall"):
        if back and st.button(
            "Let go of the older data", icon=":material/lock_open:", type="primary"
        ):
            dialogs.open_let_go(back)
        if runs and runs[0].status == "held":
            _button(
                "Publish although rows are gone", "publish", freshness.release, actor, "release"
            )
        idle = busy or back is not None
        _button("Write all parts", "restart_alt", freshness.request_full, actor, "full", idle)
        _button(
            "Check against the database",
            "fact_check",
            freshness.request_check,
            actor,
            "check",
            checking,
        )


def _button(
    label: str, icon: str, act: Any, actor: Actor, key: str, disabled: bool = False
) -> None:
    def press() -> None:
        try:
            act(actor)
        except TallyError as error:
            st.session_state[f"{key}.refused"] = error

    st.button(label, icon=f":material/{icon}:", key=key, on_click=press, disabled=disabled)
    refused = st.session_state.pop(f"{key}.refused", None)
    if refused is not None:
        notices.trouble(refused)


def _history(runs: Sequence[RefreshRun]) -> RefreshRun | None:
    rows = [
        {
            "outcome": OUTCOMES.get(run.status, run.status.capitalize()),
            "mode": (run.mode or "").capitalize() or None,
            "trigger": run.trigger.capitalize(),
            "requested_by": run.requested_by,
            "started_at": run.started_at or run.requested_at,
            "duration": duration(run.started_at, run.finished_at),
            "users": run.users,
            "items": run.items,
            "rows_written": run.rows_written,
            "size": size(run.bytes_written),
            "error": run.error,
        }
        for run in runs
    ]
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    columns = {
        "outcome": text("Outcome", width=85),
        "mode": text("Mode", width=90),
        "trigger": text("Trigger", width=75),
        "requested_by": text("Asked by", width=160),
        "started_at": _moment("Started"),
        "duration": text("Duration", width=70),
        "users": number("Users", format="%,d", width=85),
        "items": number("Items", format="%,d", width=85),
        "rows_written": number("Rows written", format="%,d", width=95),
        "size": text("Written", width=75),
        "error": text("Error", width=150),
    }
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return _choose(frame, runs, "Refreshes", columns, key=f"refreshes-{runs[-1].id}-{runs[0].id}")


def _details(actor: Actor, run: RefreshRun) -> None:
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
    written = f"{size(run.bytes_written)} and {notices.count(run.rows_written or 0, 'row')}"
    snapshot = f"Snapshot {run.generation}. {written} written." if run.generation else ""
    trace = f"Trace {run.trace_id}" if run.trace_id else "It has no trace: traces are off."
    return [line for line in (*lines, snapshot, trace) if line]


def _checks(checked: Sequence[SnapshotCheck]) -> None:
    st.subheader("Checks against the database", anchor=False)
    newest = checked[0]
    if newest.status == "running":
        done = newest.parts_done / newest.parts_total if newest.parts_total else 0.0
        parts = f"{newest.parts_done:,} of {newest.parts_total:,} parts compared"
        st.progress(min(done, 1.0), text=parts)
    elif newest.status == "requested":
        st.progress(0.0, text="Waiting to start")
    checked = tables.newest(checked, MOST_CHECKS, "checks")
    rows = [
        {
            "outcome": verdict(check),
            "requested_by": check.requested_by,
            "started_at": check.started_at or check.requested_at,
            "duration": duration(check.started_at, check.finished_at),
            "generation": check.generation,
            "parts": check.parts_done,
            "error": check.error,
        }
        for check in checked
    ]
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    columns = {
        "outcome": text("Outcome", width=280),
        "requested_by": text("Asked by", width=160),
        "started_at": _moment("Started"),
        "duration": text("Duration", width=70),
        "generation": number("Snapshot", format="%d", width=80),
        "parts": number("Parts", format="%,d", width=60),
        "error": text("Error", width=200),
    }
    frame = pl.DataFrame(rows, infer_schema_length=None)
    chosen = _choose(frame, checked, "Checks", columns, key=f"checks-{checked[0].id}")
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


def _snapshots(actor: Actor) -> None:
    with transaction() as db:
        found = inventory.list_stored(db, actor=actor)
    if not found:
        return
    st.subheader("Snapshots on disk", anchor=False)
    place = panels.actions()
    rows = [
        {
            "generation": one.generation,
            "state": state_of(one),
            "taken_at": one.taken_at,
            "users": one.users,
            "items": one.items,
            "size": size(one.bytes),
            "held": "Yes" if one.held else "No",
            "problem": one.problem,
        }
        for one in found
    ]
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    columns = {
        "generation": number("Snapshot", format="%d", width=80),
        "state": text("State", width=80),
        "taken_at": _moment("As of"),
        "users": number("Users", format="%,d", width=90),
        "items": number("Items", format="%,d", width=90),
        "size": text("Size", width=80),
        "held": text("In use", width=60),
        "problem": text("Problem", width=260),
    }
    frame = pl.DataFrame(
        rows,
        schema_overrides={"taken_at": pl.Datetime("us", "UTC"), "problem": pl.String()},
        infer_schema_length=None,
    )
    key = f"snapshots-{found[0].generation}-{found[-1].generation}-{len(found)}"
    chosen = _choose(frame, found, "Snapshots on disk", columns, key=key)
    current = next((one for one in found if one.current), None)
    possible = chosen if chosen and not chosen.current and not chosen.problem else None
    if panels.row_action(place, "Make current", ":material/history:", possible) and possible:
        dialogs.open_set_back(possible, current)


def state_of(one: Stored) -> str:
    """Return the state of a snapshot: Current, Kept or Damaged."""
    if one.problem:
        return "Damaged"
    return "Current" if one.current else "Kept"


def duration(began: datetime | None, ended: datetime | None) -> str:
    """Format the time between two times; empty while the second is missing."""
    return local_time.duration(ended - began) if began and ended else ""


def _choose(
    frame: pl.DataFrame, rows: Sequence[Row], name: str, columns: dict[str, Any], *, key: str
) -> Row | None:
    state = st.dataframe(
        to_table(frame),
        column_config=columns,
        hide_index=True,
        height="content" if len(rows) <= 12 else 12 * ROW_HEIGHT,
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        alt=name,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = state.selection.rows
    return rows[chosen[0]] if chosen and chosen[0] < len(rows) else None


def _moment(label: str) -> Any:
    return st.column_config.DatetimeColumn(
        label, format="YYYY-MM-DD HH:mm:ss", timezone=local_time.zone().key, width=135
    )
