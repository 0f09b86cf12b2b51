"""Zones: each name there may be is refused everywhere, or works everywhere."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import TZPATH, available_timezones

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics import owner_filter
from core.calendar import steps, zones
from core.errors import Invalid
from core.exports.formats.spreadsheet_csv import in_zone
from tests.conftest import Sql

ODD = [
    "localtime",
    "Factory",
    "posixrules",
    "posix/Europe/Berlin",
    "right/UTC",
    "Europe",
    "europe/berlin",
    "Europe/Berlin/",
    "Europe/Berlin ",
    "Europe/Berlin\n",
    "Europe/Berlin\x00",
    "zone.tab",
    "tzdata.zi",
    "Etc/Unknown",
    "Mars/Olympus",
    "+02:00",
    "UTC+1",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "",
    " ",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/localtime",
    "\x1b[31m",
    "\u202eCTU",
    "\ud800",
    "UTC" * 100_000,
]
FILES = [
    str(file.relative_to(folder))
    for folder in map(Path, TZPATH)
    for file in folder.rglob("*")
    if file.is_file()
]
EVERY = sorted({*available_timezones(), *FILES, *ODD})
INSTANTS = [datetime(year, month, 1, 12, tzinfo=UTC) for year in (2000, 2026) for month in (1, 7)]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_no_zones(name: str) -> None:
    assert zones.find_zone(name) is None
    with pytest.raises(Invalid, match="no such time zone"):
        zones.read_zone(name)


@given(st.text())
def test_any_text_is_a_zone_or_is_none(name: str) -> None:
    zone = zones.find_zone(name)
    assert zone is None or zone.key == name


def test_every_zone_works_wherever_one_is_reckoned_with() -> None:
    refused = [name for name in EVERY if not _works_everywhere(name)]
    assert {"posix/UTC", "right/UTC", *ODD} & set(EVERY) <= set(refused)
    assert len(EVERY) - len(refused) >= 590, "the zones that browsers name"


def _works_everywhere(name: str) -> bool:
    """Return whether a name is a zone; then use it in each way there is."""
    zone = zones.find_zone(name)
    page = owner_filter.parse({"joined_from": "2026-01-01", "zone": name})[0]
    if zone is None:
        assert page.zone == "UTC"
        return False
    assert page.zone == (name or "UTC")
    page.bounds()
    quarters = pl.DataFrame({"quarter": INSTANTS, "users": 1})
    counted = steps.by_day(quarters, name)
    local = [at.astimezone(zone) for at in INSTANTS]
    assert counted["day"].to_list() == [at.date() for at in local]
    (column,) = in_zone(quarters.select("quarter"), zone)
    assert column.to_list() == [at.replace(tzinfo=None) for at in local]
    return True


def test_databases_know_the_same_zones(sql: Sql) -> None:
    """Neither is told a zone; if one ever is, it takes all that are on the list."""
    reckons = "SELECT count(timezone(name, now())) FROM unnest(%s::text[]) AS name"
    assert sql(reckons, sorted(zones.names())) == [(len(zones.names()),)]
    known = duckdb.execute("SELECT name FROM pg_timezone_names()").fetchall()
    assert zones.names() <= {name for (name,) in known}
