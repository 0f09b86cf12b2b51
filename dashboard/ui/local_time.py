"""Formats times and durations for the reader, in their time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from core.calendar import clock as calendar_clock
from core.calendar import zones

MINUTE, HOUR, DAY = 60, 3600, 86400


def zone() -> ZoneInfo:
    """Return the reader's time zone as their browser reports it, or UTC if it is unknown."""
    return zones.find_zone(st.context.timezone or "") or zones.UTC


def clock(at: datetime, *, now: datetime | None = None) -> str:
    """Format `at` in the reader's zone: only the time if that is today, else with the date."""
    return calendar_clock.clock(at, zone(), now=now)


def ago(at: datetime, *, now: datetime | None = None) -> str:
    """Format how long ago `at` was, in the largest unit that fits: `7 min ago`."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)} h ago"
    return f"{int(seconds // DAY):,} days ago"


def duration(length: timedelta | None) -> str:
    """Format a duration with a precision that suits its size: `0.8 s`, `2 min 5 s`; None is ``."""
    if length is None:
        return ""
    seconds = length.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes:,} min {rest} s"
