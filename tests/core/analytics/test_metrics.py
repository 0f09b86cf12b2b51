"""The questions of one number or ten rows, against the same asked of PostgreSQL in other words."""

from datetime import UTC
from pathlib import Path

import polars as pl
import pytest

from core.analytics import metrics, ranking
from core.analytics.metrics import Shares, Totals
from core.analytics.owner_filter import OwnerFilter
from core.snapshots.reader import Snapshot
from tests.conftest import Sql
from tests.core.analytics.questions import BY_USER
from tests.etl.conftest import take_snapshot


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
    assert metrics.totals(snapshot) == Totals(*expected[0])


def test_shares_of_the_first_ten_and_the_first_hundredth(sql: Sql, snapshot: Snapshot) -> None:
    counts = [row[6] for row in sql(BY_USER)]
    one_percent = -(-len(counts) // 100)
    found = metrics.shares(metrics.item_counts(snapshot))
    assert found == Shares(
        items=1_500,
        top_10=sum(counts[:10]),
        one_percent=one_percent,
        top_1_percent=sum(counts[:one_percent]),
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
    assert list(ranking.stream_owners(snapshot)) == []
    assert metrics.active_users(snapshot).height == 0
    assert metrics.created_per_day(snapshot).height == 0
    assert metrics.distribution(snapshot)["users"].sum() == 0
    assert snapshot.taken_at.tzinfo is UTC
