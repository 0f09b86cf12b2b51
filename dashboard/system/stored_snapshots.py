"""The snapshots on disk: which is current, and which could be."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.refreshes import inventory
from core.refreshes.inventory import Stored
from core.text.wording import byte_size
from dashboard.system import refresh_dialogs as dialogs
from dashboard.system.run_columns import MOST_ROWS, started_column
from dashboard.ui import panels, tables


def show(actor: Actor) -> None:
    """Show the snapshots, with the button that makes the chosen one current."""
    with transaction() as db:
        found = inventory.list_stored(db, actor=actor)
    if not found:
        return
    st.subheader("Snapshots on disk", anchor=False)
    place = panels.actions()
    chosen = tables.choose(
        _frame(found),
        found,
        identities=[one.generation for one in found],
        name="Snapshots on disk",
        columns=_columns(),
        most_rows=MOST_ROWS,
    )
    current = next((one for one in found if one.current), None)
    possible = chosen if chosen and not chosen.current and not chosen.problem else None
    if panels.row_action(place, "Make current", ":material/history:", possible) and possible:
        dialogs.open_set_back(possible, current)


def state_of(one: Stored) -> str:
    """Return the state of a snapshot: Current, Kept or Damaged."""
    if one.problem:
        return "Damaged"
    return "Current" if one.current else "Kept"


def _frame(found: Sequence[Stored]) -> pl.DataFrame:
    rows = [
        {
            "generation": one.generation,
            "state": state_of(one),
            "taken_at": one.taken_at,
            "users": one.users,
            "items": one.items,
            "size": byte_size(one.bytes),
            "held": "Yes" if one.held else "No",
            "problem": one.problem,
        }
        for one in found
    ]
    return pl.DataFrame(
        rows,
        schema_overrides={"taken_at": pl.Datetime("us", "UTC"), "problem": pl.String()},
        infer_schema_length=None,
    )


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "generation": number("Snapshot", format="%d", width=80),
        "state": text("State", width=80),
        "taken_at": started_column("As of"),
        "users": number("Users", format="%,d", width=90),
        "items": number("Items", format="%,d", width=90),
        "size": text("Size", width=80),
        "held": text("In use", width=60),
        "problem": text("Problem", width=260),
    }
