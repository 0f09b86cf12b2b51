"""Moments as people read them, in somebody's time zone."""

from datetime import UTC, datetime, tzinfo


def clock(at: datetime, zone: tzinfo, *, now: datetime | None = None) -> str:
    """Return `at` in a zone: the time alone when it is today there, else with its day."""
    local = at.astimezone(zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
