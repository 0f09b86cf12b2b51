"""Formats audit events as table rows, for the screen and for exported files."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from core.db.models import AuditEvent

COLUMNS = (
    "actor",
    "action",
    "subject",
    "changes",
    "outcome",
    "address",
    "trace_id",
    "token",
    "details",
)
EVENTS = pl.Schema([("at", pl.Datetime("us", "UTC")), *((name, pl.String()) for name in COLUMNS)])


def frame(
    events: Sequence[AuditEvent], token_names: Mapping[int, str] | None = None
) -> pl.DataFrame:
    """Return events as a table with the schema `EVENTS`.

    `changes` is a text for people, `details` the same as JSON. `token_names` maps the ids of API
    tokens to their names.
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
            "token": _token(event.token_id, token_names or {}),
            "details": json.dumps(event.changes, ensure_ascii=False) if event.changes else None,
        }
        for event in events
    ]
    return pl.DataFrame(rows, schema=EVENTS)


def describe(changes: Mapping[str, Any]) -> str:
    """Format changes as one line: `full_name: Ann → Bob; is_active: yes → no`."""
    return "; ".join(f"{name}: {_both(value)}" for name, value in changes.items())


def before_after(value: object) -> tuple[str, str]:
    """Return a field's old and new value as texts; a single value has no old one."""
    if isinstance(value, list) and len(value) == 2:
        return _word(value[0]), _word(value[1])
    return _word(None), _word(value)


def _token(token_id: int | None, names: Mapping[int, str]) -> str | None:
    if token_id is None:
        return None
    return f"{token_id}: {names[token_id]}" if token_id in names else str(token_id)


def _both(value: object) -> str:
    before, after = before_after(value)
    return after if before in {after, _word(None)} else f"{before} → {after}"


def _word(value: object) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
