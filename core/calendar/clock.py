"""Times as people read them, in a given time zone."""

from datetime import UTC, datetime, tzinfo


def clock(at: datetime, zone: tzinfo, *, now: datetime | None = None) -> str:
    """Format `at` in a time zone: `14:05` if that is today there, else `2026-11-28 14:05`."""
    local = at.astimezone(zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
