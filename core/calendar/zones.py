"""The time zones that Tally accepts; every place that takes a zone's name checks it here."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from polars.exceptions import PolarsError

from core.errors import Invalid

UTC = ZoneInfo("UTC")
FIELD = "zone"
NO_SUCH_ZONE = "There is no such time zone; name one as in Europe/Berlin."


@cache
def names() -> frozenset[str]:
    """Return the zone names that both Python and Polars know, as both compute with zones.

    Python also accepts `localtime` and `posix/Europe/Berlin`; Polars does not. DuckDB and
    PostgreSQL need no zones: they only get UTC times and dates.
    """
    return frozenset(filter(_polars_knows, available_timezones()))


def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone with this name, or None if Tally does not accept it."""
    # An unknown name must reach neither the file system nor Polars.
    return ZoneInfo(name) if name in names() else None


def read_zone(name: str) -> ZoneInfo:
    """Return the zone with this name; raise `Invalid` if Tally does not accept it."""
    zone = find_zone(name)
    if zone is None:
        raise Invalid({FIELD: NO_SUCH_ZONE})
    return zone


def _polars_knows(name: str) -> bool:
    try:
        pl.Series([datetime.now(UTC)]).dt.convert_time_zone(name)
    except PolarsError:
        return False
    return True
