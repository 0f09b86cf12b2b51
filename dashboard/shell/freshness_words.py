"""The sentences about data freshness, with times in the reader's zone."""

import math
from datetime import UTC, datetime

from core.db.refresh_models import RefreshRun
from core.refreshes.requests import Outlook
from core.snapshots.change_log import Newer, Rows
from dashboard.shell.freshness import UNCHANGED, Freshness
from dashboard.ui import local_time
from dashboard.ui.notices import count, escape


def line(state: Freshness, outlook: Outlook, *, now: datetime | None = None) -> str:
    """Return the line above every page: time of the data, newer changes, next refresh."""
    now = now or datetime.now(UTC)
    return " ".join(filter(None, (as_of(state, now=now), ahead(state), _next(state, outlook, now))))


def as_of(state: Freshness, *, now: datetime | None = None) -> str:
    """Return the time of the data; if a refresh found no changes, the time of that refresh."""
    if state.as_of is None or state.snapshot is None:
        return "No data yet."
    taken = state.snapshot.taken_at
    when = (
        f"As of {local_time.clock(state.as_of, now=now)} ({local_time.ago(state.as_of, now=now)})"
    )
    since = f", unchanged since {local_time.clock(taken, now=now)}" if state.as_of > taken else ""
    return f"{when}{since}."


def ahead(state: Freshness) -> str:
    """Return how much newer the database is than the data, or that it is unknown."""
    if state.snapshot is None:
        return ""
    if state.away:
        return "What is newer in the database cannot be told while it is away."
    if state.newer is None:
        return "How much newer the database is, is not known."
    if state.newer.nothing:
        return "Nothing newer in the database."
    return f"{_sentence(_newer(state.newer))} in the database."


def outcome(run: RefreshRun) -> str:
    """Return what a successful refresh changed: `3 items and 1 user new, 2 parts rewritten`."""
    if run.mode == UNCHANGED:
        return "Nothing has changed: the data is current."
    if run.mode != "incremental":
        rows = f"{count(run.users or 0, 'user')} and {count(run.items or 0, 'item')}"
        return f"{rows}, all parts written."
    events = _events(_rows(run, "item"), _rows(run, "user"), "new")
    parts = f"{count(run.parts_written or 0, 'part')} rewritten"
    return f"{_sentence([*events, parts])}."


def progress(run: RefreshRun) -> str:
    """Return the current step of a refresh and its progress."""
    if run.status == "requested":
        return "Waiting to start"
    step = (run.step or "starting").replace("_", " ").capitalize()
    return f"{step}: {run.parts_done:,} of {run.parts_total:,}" if run.parts_total else step


def asked_by(run: RefreshRun, *, now: datetime | None = None) -> str:
    """Return who or what started a refresh, and when, as Markdown."""
    ago = local_time.ago(run.started_at or run.requested_at, now=now)
    who = f"Asked for by {escape(run.requested_by)}" if run.requested_by else _by_itself(run)
    return f"{who}, {ago}"


def trouble(state: Freshness, *, now: datetime | None = None) -> str | None:
    """Return what went wrong, since when, and which data is shown instead, as Markdown, or None."""
    if state.away:
        return " ".join(filter(None, (escape(state.away), instead(state, now=now))))
    run = state.trouble
    if run is None:
        return None
    outcome = "was held back" if run.status == "held" else "failed"
    at = local_time.clock(run.finished_at or run.requested_at, now=now)
    text = f"The refresh at {at} {outcome}."
    if state.situation.failures > 1 and state.situation.since:
        since = local_time.clock(state.situation.since, now=now)
        text += f" That makes {state.situation.failures:,} in a row, the first at {since}."
    again = "Another one runs now." if state.running else ""
    reason = escape(run.error or "No reason was recorded.")
    return " ".join(filter(None, (text, reason, instead(state, now=now), again)))


def instead(state: Freshness, *, now: datetime | None = None) -> str:
    """Return which data is shown while a newer snapshot is missing."""
    if state.as_of is None:
        return ""
    return f"Analytics show the data of {local_time.clock(state.as_of, now=now)}."


def roll_back(state: Freshness, *, now: datetime | None = None) -> str | None:
    """Return who rolled back, when, and how it ends, as Markdown; None if nobody did."""
    if state.back is None:
        return None
    at = local_time.clock(state.back.since, now=now)
    return (
        f"{escape(state.back.by)} set the data back at {at}. {instead(state, now=now)} No refresh"
        " replaces it until a superuser lets go on the Refreshes page."
    )


def _next(state: Freshness, outlook: Outlook, now: datetime) -> str:
    if state.back:
        return "Refreshes wait."
    if state.running:
        return "A refresh is running." if state.running.status == "running" else ""
    if outlook.state == "off":
        return "Refreshes run only when asked for."
    if outlook.state == "paused":
        return "Automatic refreshes are paused."
    if outlook.at is None:
        return "When the next refresh comes is not known here."
    seconds = (outlook.at - now).total_seconds()
    if seconds <= 0:
        return "The next refresh is due."
    if seconds < local_time.MINUTE:
        return "Next refresh in less than a minute."
    return f"Next refresh in {math.ceil(seconds / local_time.MINUTE):,} min."


def _newer(newer: Newer) -> list[str]:
    if newer.more:
        known = sum(r.inserted + r.updated + r.deleted for r in (newer.item, newer.user))
        return [f"more than {known:,} changes"]
    emptied = [
        f"all {noun}s removed once"
        for noun, rows in (("item", newer.item), ("user", newer.user))
        if rows.whole
    ]
    return [*_events(newer.item, newer.user, "newer"), *emptied]


def _events(items: Rows, users: Rows, new: str) -> list[str]:
    """Return one phrase per kind of change: `3 items and 1 user new`, `2 edits`, `1 deletion`."""
    created = [
        count(rows.inserted, noun)
        for noun, rows in (("item", items), ("user", users))
        if rows.inserted
    ]
    edits, deletions = items.updated + users.updated, items.deleted + users.deleted
    phrases = [f"{' and '.join(created)} {new}"] if created else []
    phrases += [count(edits, "edit")] if edits else []
    return [*phrases, *([count(deletions, "deletion")] if deletions else [])]


def _rows(run: RefreshRun, table: str) -> Rows:
    return Rows(*run.changes.get(table, ()))


def _sentence(phrases: list[str]) -> str:
    text = ", ".join(phrases)
    return text[:1].upper() + text[1:]


def _by_itself(run: RefreshRun) -> str:
    reasons = {
        "schedule": "Started by the schedule",
        "repair": "Started to replace damaged data",
        "command": "Started at the command line",
        "start": "Started as Tally was",
    }
    return reasons.get(run.trigger, f"Started by {escape(run.trigger)}")
