"""Items by user, page by page and filtered, against the same asked of PostgreSQL in other words."""

from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.analytics import metrics, ranking
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking import pages
from core.calendar.periods import Period
from core.snapshots.reader import RANKING_REMOVED, Snapshot
from tests.conftest import Row, Sql
from tests.core.analytics.questions import BY_USER, ZONES
from tests.etl.conftest import take_snapshot


def test_items_by_user_to_the_last_row(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(BY_USER)
    assert len(expected) > 50
    assert metrics.items_by_user(snapshot, limit=10_000).rows() == expected
    assert metrics.count_items_by_user(snapshot) == len(expected)
    counts = [row[-1] for row in expected]
    assert len(set(counts)) < len(counts), "there are ties, so their order was seen"


def test_items_by_user_page_by_page(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(BY_USER)
    found = [metrics.items_by_user(snapshot, skip=skip, limit=7) for skip in range(0, 203, 7)]
    assert pl.concat(found).rows() == expected
    assert metrics.items_by_user(snapshot, skip=10_000).height == 0
    assert metrics.items_by_user(snapshot, skip=-5, limit=2).rows() == expected[:2]


def test_items_by_user_has_its_columns_and_types(snapshot: Snapshot) -> None:
    assert dict(metrics.items_by_user(snapshot).schema) == {
        "rank": pl.Int64(),
        "user_id": pl.Int64(),
        "email": pl.String(),
        "full_name": pl.String(),
        "is_active": pl.Boolean(),
        "created_at": pl.Datetime("us", "UTC"),
        "item_count": pl.Int64(),
    }


def test_the_stream_is_the_whole_in_bounded_batches(
    sql: Sql, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STREAM_ROWS", 32)
    batches = list(ranking.stream_owners(snapshot))
    assert max(batch.height for batch in batches) == 32
    assert pl.concat(batches).rows() == sql(BY_USER)


def test_a_filtered_stream_is_right_where_owners_moved_since(
    sql: Sql, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (middle,) = {row[1] for row in sql(BY_USER) if row[0] == 60}
    sql("INSERT INTO item (title, owner_id) SELECT 'x', %s FROM generate_series(1, 9)", middle)
    moved = take_snapshot()
    assert pl.read_parquet(moved.files(RANKING_REMOVED)).height == 1
    monkeypatch.setattr(pages, "STREAM_ROWS", 32)
    batches = list(ranking.stream_owners(moved, OwnerFilter("user")))
    assert [row for batch in batches for row in batch.rows()] == sql(BY_USER)


NAMES = {
    "zoe@example.com": "Zoë ÅNGSTRÖM",
    "percent@example.com": "100% _sure_",
    "quote@example.com": 'O\'Brien \\ "x"',
    "silent@example.com": None,
    "edge@example.com": "com",
}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("zoë ångström", {"zoe"}),
        ("ZOË", {"zoe"}),
        ("ZOE@", {"zoe"}),
        ("0% _", {"percent"}),
        ("_", {"percent"}),
        ("%", {"percent"}),
        ("o'b", {"quote"}),
        ("\\", {"quote"}),
        ('"X"', {"quote"}),
        ("comcom", set()),
        ("com\x00com", set()),
        (" ", {"zoe", "percent", "quote", "silent", "edge"}),  # no word
        ("\u200b", {"zoe", "percent", "quote", "silent", "edge"}),
        ("example.com", {"zoe", "percent", "quote", "silent", "edge"}),
    ],
)
def test_search_is_literal_and_ignores_case(sql: Sql, search: str, found: set[str]) -> None:
    for email, name in NAMES.items():
        sql(
            'WITH owner AS (INSERT INTO "user" (email, hashed_password, full_name)'
            " VALUES (%s, '', %s) RETURNING id)"
            " INSERT INTO item (title, owner_id) SELECT 'x', id FROM owner",
            email,
            name,
        )
    snapshot = take_snapshot()
    frame = metrics.items_by_user(snapshot, OwnerFilter(search))
    assert {email.split("@")[0] for email in frame["email"]} == found
    assert frame["rank"].is_sorted()
    assert metrics.count_items_by_user(snapshot, OwnerFilter(search)) == len(found)


def test_search_pages_keep_the_rank_among_all(sql: Sql, snapshot: Snapshot) -> None:
    expected = [row for row in sql(BY_USER) if "1" in f"{row[2]}{row[3] or ''}"]
    shown = [
        metrics.items_by_user(snapshot, OwnerFilter("1"), skip=skip, limit=9)
        for skip in range(0, len(expected) + 9, 9)
    ]
    assert pl.concat(shown).rows() == expected
    assert metrics.count_items_by_user(snapshot, OwnerFilter("1")) == len(expected)


def test_a_page_from_which_one_owner_is_missing(sql: Sql, snapshot: Snapshot) -> None:
    sql('UPDATE "user" SET is_active = true')
    sql('UPDATE "user" SET is_active = false WHERE id = %s', sql(BY_USER)[10][1])
    expected = [row for row in sql(BY_USER) if row[4]]
    filters = OwnerFilter(active="yes")
    assert metrics.items_by_user(take_snapshot(), filters, limit=50).rows() == expected[:50]


FILTERED = """
SELECT * FROM (
    SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,
        u.created_at, count(*) AS n
    FROM "user" u JOIN item i ON owner_id = u.id
    WHERE i.created_at > %(at)s - make_interval(days => %(days)s) AND i.created_at <= %(at)s
    GROUP BY u.id
) AS ranked
WHERE lower(email || ' ' || coalesce(full_name, '')) LIKE ALL (%(words)s)
    AND n BETWEEN %(least)s AND %(most)s AND (%(active)s IS NULL OR is_active = %(active)s)
    AND (created_at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s
ORDER BY 1
"""


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_filter_finds_what_postgresql_finds(
    sql: Sql, snapshot: Snapshot, data: st.DataObject
) -> None:
    least, most = sorted([data.draw(st.integers(1, 30)), data.draw(st.integers(1, 60))])
    day = st.dates(date(2025, 12, 25), date(2026, 4, 1))
    since, until = sorted([data.draw(day), data.draw(day)])
    filters = OwnerFilter(
        search=data.draw(st.sampled_from(["", "1", "name 3", "3 NAME user", "USER2"])),
        period=data.draw(st.sampled_from(Period)),
        least=data.draw(st.sampled_from([None, least])),
        most=data.draw(st.sampled_from([None, most])),
        active=data.draw(st.sampled_from([None, "yes", "no"])),
        joined_from=data.draw(st.sampled_from([None, since])),
        joined_until=data.draw(st.sampled_from([None, until])),
        zone=data.draw(st.sampled_from(ZONES)),
    )
    expected = select(sql, snapshot, filters)
    assert metrics.count_items_by_user(snapshot, filters) == len(expected)
    assert metrics.items_by_user(snapshot, filters, limit=1000).rows() == expected
    skip = data.draw(st.integers(0, 20))
    page = metrics.items_by_user(snapshot, filters, skip=skip, limit=7)
    assert page.rows() == expected[skip : skip + 7]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pages, "STREAM_ROWS", 32)
        batches = list(ranking.stream_owners(snapshot, filters))
    assert [row for batch in batches for row in batch.rows()] == expected
    assert all(0 < batch.height <= 32 for batch in batches)


def select(sql: Sql, snapshot: Snapshot, filters: OwnerFilter) -> list[Row]:
    """What PostgreSQL says that a filter finds."""
    asked = {
        "at": snapshot.taken_at,
        "days": filters.period.days or 365_000,
        "words": [f"%{word}%" for word in filters.search.lower().split()],
        "least": filters.least or 1,
        "most": filters.most or 10**9,
        "active": None if filters.active is None else filters.active == "yes",
        "zone": filters.zone,
        "since": filters.joined_from or date(1900, 1, 1),
        "until": filters.joined_until or date(2900, 1, 1),
    }
    return sql(FILTERED, asked)
