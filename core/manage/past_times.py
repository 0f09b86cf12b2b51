"""Reads times of creation and change from imported files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from core.errors import Invalid
from core.manage.readers.table import Cell

FIRST = datetime(1970, 1, 1, tzinfo=UTC)  # an earlier time is an error of the other system
NO_TIME = "This is no time. Write it as 2024-05-31, 2024-05-31 14:30 or 2024-05-31T14:30:00Z."
FUTURE = "This is in the future."
TOO_OLD = "This is before 1970."
BACKWARDS = "This is before it was created."
# Dates with points have the day first everywhere; with slashes, the order is ambiguous.
_POINTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_BEFORE_OFFSET = re.compile(r" (?=(?:[+-]\d{2}:?\d{2}|Z)$)|(?<=\d) ?UTC$")


@dataclass(frozen=True)
class Times:
    """When a row was created and last changed; None means now."""

    created: datetime | None
    updated: datetime | None


def read_times(cells: Mapping[str, Cell], *, zone: ZoneInfo, now: datetime) -> Times:
    """Return the times of a record; `zone` applies to times without one. Raises `Invalid`.

    If only the time of creation is given, it is also the time of the last change.
    """
    times = {}
    for name in ("created_at", "updated_at"):
        try:
            times[name] = _bounded(cells.get(name), zone, now)
        except ValueError as error:
            raise Invalid({name: str(error)}) from error
    created, updated = times["created_at"], times["updated_at"]
    if created and updated and updated < created:
        raise Invalid({"updated_at": BACKWARDS})
    return Times(created, updated or created)


def _bounded(cell: Cell, zone: ZoneInfo, now: datetime) -> datetime | None:
    local = _read(cell)
    if local is None:
        return None
    # Checked before the conversion, which fails for years that UTC cannot represent.
    if not FIRST.year - 1 <= local.year <= now.year + 1:
        raise ValueError(TOO_OLD if local.year < FIRST.year else FUTURE)
    at = local.replace(tzinfo=local.tzinfo or zone).astimezone(UTC)
    if at > now:
        raise ValueError(FUTURE)
    if at < FIRST:
        raise ValueError(TOO_OLD)
    return at


def _read(cell: Cell) -> datetime | None:
    if cell is None or isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if not isinstance(cell, str):
        raise ValueError(NO_TIME)  # numbers, for example
    text = cell.strip()
    if not text:
        return None
    try:
        if points := _POINTS.fullmatch(text):
            day, month, year, hour, minute, second = (int(part or 0) for part in points.groups())
            return datetime.combine(date(year, month, day), time(hour, minute, second))
        return datetime.fromisoformat(_BEFORE_OFFSET.sub(_offset, text))
    except ValueError as error:
        raise ValueError(NO_TIME) from error


def _offset(found: re.Match[str]) -> str:
    return "Z" if "UTC" in found[0] else ""
