"""The questions, against the same ones asked of PostgreSQL in other words."""

from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path

import polars as pl
import pytest

from core import metrics
from core.metrics import Totals
from core.snapshots import Snapshot
from tests.etl.conftest import Row, fill, take_snapshot

Sql = Callable[..., list[Row]]

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
    frame = metrics.items_by_user(snapshot, search=search)
    assert {email.split("@")[0] for email in frame["email"]} == found
    assert frame["rank"].is_sorted()
    assert metrics.count_items_by_user(snapshot, search=search) == len(found)


def test_search_pages_keep_the_rank_among_all(sql: Sql, snapshot: Snapshot) -> None:
    expected = [row for row in sql(BY_USER) if "1" in f"{row[2]}{row[3] or ''}"]
    pages = [
        metrics.items_by_user(snapshot, search="1", skip=skip, limit=9)
        for skip in range(0, len(expected) + 9, 9)
    ]
    assert pl.concat(pages).rows() == expected
    assert metrics.count_items_by_user(snapshot, search="1") == len(expected)


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
    assert metrics.count_items_by_user(snapshot, search="x") == 0
    assert list(metrics.stream_items_by_user(snapshot)) == []
    assert metrics.active_users(snapshot).height == 0
    assert metrics.created_per_day(snapshot).height == 0
    assert metrics.distribution(snapshot)["users"].sum() == 0
    assert snapshot.taken_at.tzinfo is UTC
