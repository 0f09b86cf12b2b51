"""Time zones: one list of those that can be used, for every place that takes a name."""

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
    """Return the names that both Python and Polars know, which reckon with zones.

    Python takes `localtime` and `posix/Europe/Berlin` too, Polars does not. DuckDB and PostgreSQL
    are only ever told instants in UTC, and days.
    """
    return frozenset(filter(_polars_knows, available_timezones()))


def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone of this name, or None when there is none that can be used."""
    # A name of anybody's reaches neither the file system nor Polars unless it is on the list.
    return ZoneInfo(name) if name in names() else None


def read_zone(name: str) -> ZoneInfo:
    """Return the zone of this name; raise `Invalid`."""
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
