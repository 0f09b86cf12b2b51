"""The questions, against the same ones asked of PostgreSQL in other words."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import days, metrics
from core.days import Step
from core.metrics import Shares, Totals
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.snapshots import LEFT, Snapshot
from etl.created import Created
from tests.conftest import Row, Sql
from tests.etl.conftest import fill, take_snapshot

BY_USER = (
    "SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,"
    ' u.created_at, count(*) FROM "user" u JOIN item ON owner_id = u.id GROUP BY u.id ORDER BY 1'
)


@pytest.fixture
def snapshot(sql: Sql) -> Snapshot:
    """A published snapshot of users of whom a tenth own nothing, and many own equally much."""
    fill(sql, users=200, items=1_500)
    return take_snapshot()


def test_items_by_user_to_the_last_row(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(BY_USER)
    assert len(expected) > 50
    assert metrics.items_by_user(snapshot, limit=10_000).rows() == expected
    assert metrics.count_items_by_user(snapshot) == len(expected)
    counts = [row[-1] for row in expected]
    assert len(set(counts)) < len(counts), "there are ties, so their order was seen"


def test_items_by_user_page_by_page(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(BY_USER)
    pages = [metrics.items_by_user(snapshot, skip=skip, limit=7) for skip in range(0, 203, 7)]
    assert pl.concat(pages).rows() == expected
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
    monkeypatch.setattr(metrics, "STREAM_ROWS", 32)
    batches = list(metrics.stream_items_by_user(snapshot))
    assert max(batch.height for batch in batches) == 32
    assert pl.concat(batches).rows() == sql(BY_USER)


def test_a_filtered_stream_is_right_where_owners_moved_since(
    sql: Sql, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (middle,) = {row[1] for row in sql(BY_USER) if row[0] == 60}
    sql("INSERT INTO item (title, owner_id) SELECT 'x', %s FROM generate_series(1, 9)", middle)
    moved = take_snapshot()
    assert pl.read_parquet(moved.files(LEFT)).height == 1
    monkeypatch.setattr(metrics, "STREAM_ROWS", 32)
    batches = list(metrics.stream_items_by_user(moved, OwnerFilter("user")))
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
        (" ", {"zoe", "percent", "quote"}),
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
    pages = [
        metrics.items_by_user(snapshot, OwnerFilter("1"), skip=skip, limit=9)
        for skip in range(0, len(expected) + 9, 9)
    ]
    assert pl.concat(pages).rows() == expected
    assert metrics.count_items_by_user(snapshot, OwnerFilter("1")) == len(expected)


def test_a_page_from_which_one_owner_is_missing(sql: Sql, snapshot: Snapshot) -> None:
    sql('UPDATE "user" SET is_active = true')
    sql('UPDATE "user" SET is_active = false WHERE id = %s', sql(BY_USER)[10][1])
    expected = [row for row in sql(BY_USER) if row[4]]
    wanted = OwnerFilter(active="yes")
    assert metrics.items_by_user(take_snapshot(), wanted, limit=50).rows() == expected[:50]


def test_active_users_are_the_ten_with_most_items(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(
        'SELECT id, email, full_name, (SELECT count(*) FROM item WHERE owner_id = "user".id) AS n'
        ' FROM "user" ORDER BY n DESC, id LIMIT 10'
    )
    frame = metrics.active_users(snapshot)
    assert frame.columns == ["user_id", "email", "full_name", "item_count"]
    assert frame.rows() == expected


def test_totals(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(
        'SELECT (SELECT count(*) FROM "user"), (SELECT count(*) FROM "user" WHERE is_active),'
        " (SELECT count(*) FROM item), (SELECT count(DISTINCT owner_id) FROM item)"
    )
    assert metrics.totals(snapshot) == Totals(*expected[0])  # type: ignore[arg-type]


def test_created_per_day_in_utc(sql: Sql, snapshot: Snapshot) -> None:
    sql(
        'UPDATE "user" SET created_at = %s WHERE id = (SELECT min(id) FROM "user")',
        "2026-03-01 23:30:00-05",
    )
    sql("UPDATE item SET created_at = '1969-12-31 23:59:59.999999Z' WHERE id % 100 = 0")
    expected = sql(
        "SELECT coalesce(u.day, i.day) AS day, coalesce(u.n, 0), coalesce(i.n, 0) FROM"
        " (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n"
        ' FROM "user" GROUP BY 1) u FULL JOIN'
        " (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n"
        " FROM item GROUP BY 1) i USING (day) ORDER BY 1"
    )
    frame = metrics.created_per_day(take_snapshot())
    assert frame.columns == ["day", "users", "items"]
    assert frame.rows() == expected
    assert frame["day"][0] == date(1969, 12, 31)


SINCE_2012 = 1_325_376_000  # before, St. John's put its clocks back at one minute past midnight
ZONES = ["UTC", "America/St_Johns", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Apia"]
IN_ZONE = """
SELECT day, sum(users)::bigint, sum(items)::bigint FROM (
    SELECT (created_at AT TIME ZONE %s)::date AS day, 1 AS users, 0 AS items FROM "user"
    UNION ALL SELECT (created_at AT TIME ZONE %s)::date, 0, 1 FROM item
) AS days GROUP BY day ORDER BY day
"""
BOUNDARIES = """
INSERT INTO item (title, owner_id, created_at)
SELECT 'At the edge of a day', (SELECT min(id) FROM "user"),
    (day + clock::interval)::timestamp AT TIME ZONE zone
FROM unnest(ARRAY['UTC', 'America/St_Johns', 'Asia/Kathmandu']) AS zone,
    unnest(ARRAY[date '2026-03-08', '2026-11-01', '2026-03-29', '2026-12-31']) AS day,
    unnest(ARRAY['-00:00:00.000001', '00:00', '00:14:59.999999', '00:15', '01:30', '02:30',
        '23:59:59.999999']) AS clock
"""


def test_days_are_those_of_the_reader(sql: Sql, snapshot: Snapshot) -> None:
    sql(BOUNDARIES)
    snapshot = take_snapshot()
    for zone in ZONES:
        assert metrics.created_per_day(snapshot, zone).rows() == sql(IN_ZONE, zone, zone), zone


def test_one_owners_days_are_those_of_the_reader(sql: Sql, snapshot: Snapshot) -> None:
    sql(BOUNDARIES)
    snapshot, (owner, _) = take_snapshot(), sql('SELECT min(id), max(id) FROM "user"')[0]
    expected = sql(
        "SELECT (created_at AT TIME ZONE 'America/St_Johns')::date, count(*) FROM item"
        " WHERE owner_id = %s GROUP BY 1 ORDER BY 1",
        owner,
    )
    found = metrics.created_by_owner(snapshot, int(str(owner)), "America/St_Johns")
    assert found.rows() == expected
    assert metrics.created_by_owner(snapshot, 10**9).height == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.lists(st.integers(SINCE_2012, SINCE_2012 + 18 * 365 * 86_400), max_size=40),
    zone=st.sampled_from(ZONES),
)
def test_any_instants_fall_on_the_days_that_postgresql_says(
    sql: Sql, seconds: list[int], zone: str
) -> None:
    stamps = [datetime.fromtimestamp(second, UTC) for second in seconds]
    expected = sql(
        "SELECT (at AT TIME ZONE %s)::date, count(*) FROM unnest(%s::timestamptz[]) AS at"
        " GROUP BY 1 ORDER BY 1",
        zone,
        stamps,
    )
    created = Created()
    microseconds = pl.Series(stamps, dtype=pl.Datetime("us", "UTC")).to_physical().to_numpy()
    created.add("items", microseconds)
    found = days.by_day(pl.DataFrame(created.table()), zone)
    assert found.select("day", "items").rows() == expected


@pytest.mark.parametrize(
    ("step", "first"),
    [
        (Step.DAY, date(2026, 3, 4)),
        (Step.WEEK, date(2026, 3, 2)),
        (Step.MONTH, date(2026, 3, 1)),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(step: Step, first: date) -> None:
    frame = pl.DataFrame({"day": [date(2026, 3, 4)], "items": [2]})
    assert days.by_step(frame, step).rows() == [(first, 2)]


def test_shares_of_the_first_ten_and_the_first_hundredth(sql: Sql, snapshot: Snapshot) -> None:
    counts = [row[6] for row in sql(BY_USER)]
    one_percent = -(-len(counts) // 100)
    found = metrics.shares(metrics.item_counts(snapshot))
    assert (
        found
        == Shares(
            items=1_500,
            top_10=sum(counts[:10]),  # type: ignore[arg-type]
            one_percent=one_percent,
            top_1_percent=sum(counts[:one_percent]),  # type: ignore[arg-type]
        )
    )
    assert one_percent == 2


def test_item_counts_are_the_whole_distribution(sql: Sql, snapshot: Snapshot) -> None:
    expected = sql(f"SELECT count, count(*) FROM ({BY_USER}) AS owners GROUP BY 1 ORDER BY 1 DESC")
    assert metrics.item_counts(snapshot).rows() == expected


def test_an_owner_is_found_by_id(sql: Sql, snapshot: Snapshot) -> None:
    row = sql('SELECT id, email, full_name, is_active, created_at FROM "user" ORDER BY id LIMIT 1')
    found = metrics.owner(snapshot, int(str(row[0][0])))
    assert found is not None
    assert tuple(found.values()) == row[0]
    assert metrics.owner(snapshot, 10**9) is None


FILTERED = """
SELECT * FROM (
    SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,
        u.created_at, count(*) AS n
    FROM "user" u JOIN item i ON owner_id = u.id
    WHERE i.created_at > %(at)s - make_interval(days => %(days)s) AND i.created_at <= %(at)s
    GROUP BY u.id
) AS ranked
WHERE position(%(text)s IN lower(email || coalesce(full_name, ''))) > 0
    AND n BETWEEN %(least)s AND %(most)s AND (%(active)s IS NULL OR is_active = %(active)s)
    AND (created_at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s
ORDER BY 1
"""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_filter_finds_what_postgresql_finds(
    sql: Sql, snapshot: Snapshot, data: st.DataObject
) -> None:
    least, most = sorted([data.draw(st.integers(1, 30)), data.draw(st.integers(1, 60))])
    day = st.dates(date(2025, 12, 25), date(2026, 4, 1))
    since, until = sorted([data.draw(day), data.draw(day)])
    wanted = OwnerFilter(
        search=data.draw(st.sampled_from(["", "1", "name 3", "USER2"])),
        period=data.draw(st.sampled_from(Period)),
        least=data.draw(st.sampled_from([None, least])),
        most=data.draw(st.sampled_from([None, most])),
        active=data.draw(st.sampled_from([None, "yes", "no"])),
        joined_from=data.draw(st.sampled_from([None, since])),
        joined_until=data.draw(st.sampled_from([None, until])),
        zone=data.draw(st.sampled_from(ZONES)),
    )
    expected = select(sql, snapshot, wanted)
    assert metrics.count_items_by_user(snapshot, wanted) == len(expected)
    assert metrics.items_by_user(snapshot, wanted, limit=1000).rows() == expected
    skip = data.draw(st.integers(0, 20))
    page = metrics.items_by_user(snapshot, wanted, skip=skip, limit=7)
    assert page.rows() == expected[skip : skip + 7]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(metrics, "STREAM_ROWS", 32)
        batches = list(metrics.stream_items_by_user(snapshot, wanted))
    assert [row for batch in batches for row in batch.rows()] == expected
    assert all(0 < batch.height <= 32 for batch in batches)


def select(sql: Sql, snapshot: Snapshot, wanted: OwnerFilter) -> list[Row]:
    """What PostgreSQL says that a filter finds."""
    asked = {
        "at": snapshot.taken_at,
        "days": wanted.period.days or 365_000,
        "text": wanted.search.lower(),
        "least": wanted.least or 1,
        "most": wanted.most or 10**9,
        "active": None if wanted.active is None else wanted.active == "yes",
        "zone": wanted.zone,
        "since": wanted.joined_from or date(1900, 1, 1),
        "until": wanted.joined_until or date(2900, 1, 1),
    }
    return sql(FILTERED, asked)


@pytest.mark.parametrize(
    ("items", "bucket"),
    [
        (0, "0"),
        (1, "1"),
        (2, "2-5"),
        (5, "2-5"),
        (6, "6-10"),
        (10, "6-10"),
        (11, "11-50"),
        (50, "11-50"),
        (51, "51-100"),
        (100, "51-100"),
        (101, "101-1,000"),
        (1_000, "101-1,000"),
        (1_001, "more"),
    ],
)
def test_the_buckets_of_the_distribution(sql: Sql, items: int, bucket: str) -> None:
    sql(
        'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE'
        " VALUES (7, 'a', '')"
    )
    sql("INSERT INTO item (title, owner_id) SELECT 'x', 7 FROM generate_series(1, %s)", items)
    frame = metrics.distribution(take_snapshot())
    assert frame["bucket"].to_list() == [
        "0",
        "1",
        "2-5",
        "6-10",
        "11-50",
        "51-100",
        "101-1,000",
        "more",
    ]
    assert frame.filter(pl.col("users") > 0).rows() == [(bucket, 1)]


def test_an_empty_database_has_empty_answers(root: Path, environment: str) -> None:
    snapshot = take_snapshot()
    assert metrics.totals(snapshot) == Totals(users=0, active_users=0, items=0, owners=0)
    assert metrics.items_by_user(snapshot).height == 0
    assert metrics.count_items_by_user(snapshot, OwnerFilter("x")) == 0
    assert list(metrics.stream_items_by_user(snapshot)) == []
    assert metrics.active_users(snapshot).height == 0
    assert metrics.created_per_day(snapshot).height == 0
    assert metrics.distribution(snapshot)["users"].sum() == 0
    assert snapshot.taken_at.tzinfo is UTC
