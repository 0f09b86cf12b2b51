"""The filter of owners: what an address asks for, and the nearest that makes sense."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics.owner_filter import NAMES, OwnerFilter, parse
from core.calendar.periods import Period
from core.text.characters import searched

DAYS = st.dates(date(1900, 1, 1), date(2999, 12, 31))
COUNTS = st.integers(1, 10**9)
ZONES = st.sampled_from(["UTC", "America/St_Johns", "Asia/Kathmandu"])


@st.composite
def owner_filters(draw: st.DrawFn) -> OwnerFilter:
    least, most = sorted([draw(COUNTS), draw(COUNTS)])
    since, until = sorted([draw(DAYS), draw(DAYS)])
    text = draw(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=320))
    return OwnerFilter(
        search=searched(text),
        period=draw(st.sampled_from(Period)),
        least=draw(st.sampled_from([None, least])),
        most=draw(st.sampled_from([None, most])),
        active=draw(st.sampled_from([None, "yes", "no"])),
        joined_from=since,
        joined_until=draw(st.sampled_from([None, until])),
        zone=draw(ZONES),
    )


@given(owner_filters())
def test_an_address_keeps_the_whole_filter(filters: OwnerFilter) -> None:
    assert parse(filters.to_query()) == (filters, [])


@given(st.dictionaries(st.sampled_from(sorted(NAMES.values())), st.text(max_size=400)))
def test_any_address_makes_a_filter_that_can_be_asked_for(query: dict[str, str]) -> None:
    filters, _ = parse(query)
    assert parse(filters.to_query()) == (filters, [])
    bounds = filters.bounds()
    for first, last in (("least", "most"), ("since", "until")):
        if None not in (bounds[first], bounds[last]):
            assert bounds[first] <= bounds[last]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("query", "expected", "said"),
    [
        ({"least": "0"}, OwnerFilter(least=1), "1 was taken as the least"),
        ({"least": "many"}, OwnerFilter(), "“many” is no number of items"),
        ({"least": "9", "most": "3"}, OwnerFilter(least=3, most=9), "swapped"),
        ({"period": "8d"}, OwnerFilter(period=Period.DAYS_7), "so this shows the last 7 days"),
        ({"period": "365"}, OwnerFilter(period=Period.DAYS_90), "so this shows the last 90 days"),
        ({"period": "ever"}, OwnerFilter(), "so this shows all time"),
        ({"active": "maybe"}, OwnerFilter(), "both are shown"),
        (
            {"joined_from": "2026-02-31"},
            OwnerFilter(joined_from=date(2026, 2, 28)),
            "2026-02-28 was taken",
        ),
        ({"joined_until": "soon"}, OwnerFilter(), "it was left out"),
        (
            {"joined_from": "2026-02-02", "joined_until": "2026-01-01"},
            OwnerFilter(joined_from=date(2026, 1, 1), joined_until=date(2026, 2, 2)),
            "swapped",
        ),
        ({"zone": "Mars/Olympus"}, OwnerFilter(), "no time zone “Mars/Olympus”"),
        ({"q": "x" * 1000}, OwnerFilter("x" * 320), "cut to 320"),
    ],
)
def test_what_makes_no_sense_becomes_the_nearest_and_is_told(
    query: dict[str, str], expected: OwnerFilter, said: str
) -> None:
    found, notes = parse(query)
    assert found == expected
    assert said in " ".join(notes)


def test_days_begin_and_end_in_their_zone() -> None:
    filters = OwnerFilter(
        joined_from=date(2026, 3, 8), joined_until=date(2026, 3, 8), zone="America/St_Johns"
    )
    bounds = filters.bounds()
    assert bounds["since"] == datetime(2026, 3, 8, 3, 30, tzinfo=UTC)
    assert bounds["until"] == datetime(2026, 3, 9, 2, 30, tzinfo=UTC), "a day of 23 hours"


def test_the_zone_is_that_of_the_reader_unless_the_address_names_one() -> None:
    assert parse({"joined_from": "2026-01-01"}, zone="Asia/Kathmandu")[0].zone == "Asia/Kathmandu"
    assert parse({"zone": "UTC"}, zone="Asia/Kathmandu")[0].zone == "UTC"
    assert parse({}, zone="Asia/Kathmandu") == (OwnerFilter(), [])
