"""Periods: what is as old as one is long is no longer in it, and time moves on for all rows."""

import math
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from core.analytics import metrics
from core.analytics.owner_filter import OwnerFilter
from core.calendar.periods import COMPARED, LIMITED
from core.snapshots.manifest import Manifest
from core.snapshots.partitions import PARTITION_BITS
from core.snapshots.reader import ITEMS, USERS
from etl.extract import exported_snapshot
from etl.extract.parquet_writer import write_file
from etl.run.deadline import Limits
from etl.views import recent_owners
from etl.views.staged import StagedSnapshot
from tests.conftest import Sql
from tests.etl.conftest import fill, take_snapshot

FEBRUARY_8 = datetime(2026, 2, 8, 3, tzinfo=UTC)
CREATED = datetime(2026, 3, 8, 3, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def staged(folder: Path, manifest: Manifest, taken_at: datetime) -> StagedSnapshot:
    """Return a snapshot as if it were being made, and had been taken at another time."""

    def nobody(_: Sequence[int]) -> pl.DataFrame:
        raise AssertionError

    limits = Limits(threading.Event(), math.inf)
    return StagedSnapshot(folder, manifest.files, taken_at, limits, nobody)


@pytest.mark.parametrize("days", [0, 7, 14, 30, 60, 90])
def test_a_period_includes_its_end_and_not_its_beginning(sql: Sql, days: int) -> None:
    sql("INSERT INTO \"user\" (email, hashed_password, created_at) VALUES ('a', '!', %s)", CREATED)
    sql("INSERT INTO item (title, owner_id, created_at) SELECT 'x', id, created_at FROM \"user\"")
    snapshot = take_snapshot()
    for age in (timedelta(days=days) + step * INSTANT for step in (-1, 0, 1)):
        found = recent_owners.count(staged(snapshot.folder, snapshot.manifest, CREATED + age))
        news = {row["period"]: row for row in found.new().to_pylist()}
        for period in COMPARED:
            length = timedelta(days=period.days or 0)
            new, before = timedelta() <= age < length, length <= age < 2 * length
            assert list(news[period].values())[1:] == [new, before, new, before], (period, age)
        for period in LIMITED:
            within = timedelta() <= age < timedelta(days=period.days or 0)
            assert len(found.ranked(period)[0]) == within, (period, age)


def test_every_row_group_that_may_be_young_is_counted(sql: Sql, tmp_path: Path) -> None:
    fill(sql, users=20, items=40)  # eleven minutes apart, since the first of February
    snapshot = take_snapshot()
    for file in [*snapshot.manifest.dataset(USERS), *snapshot.manifest.dataset(ITEMS)]:
        table = pq.read_table(snapshot.folder / file.path)
        (tmp_path / file.path).parent.mkdir()
        write_file(tmp_path, file.path, table.schema, [table], row_group_size=3)
    one, several = (
        recent_owners.count(staged(folder, snapshot.manifest, FEBRUARY_8))
        for folder in (snapshot.folder, tmp_path)
    )
    assert (one.items[7], one.items[14]) == (24, 40)
    assert (one.users, one.items) == (several.users, several.items)
    for period in LIMITED:
        assert list(map(list, one.ranked(period))) == list(map(list, several.ranked(period)))


def test_items_leave_a_period_although_their_part_did_not_change(
    sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql("INSERT INTO \"user\" (id, email, hashed_password) VALUES (1, 'a', '!')")
    sql(
        "INSERT INTO item (title, owner_id, created_at) SELECT 'x', 1, now() - age"
        " FROM unnest(%s) AS age",
        [timedelta(days=age) for age in (1, 6, 20, 29, 80)],
    )
    part = Path(take_snapshot().files(ITEMS)[0]).name
    for later in (2, 15, 65, 100):
        moment = f"statement_timestamp() + interval '{later} days'"
        with monkeypatch.context() as patch:
            patch.setattr(
                exported_snapshot,
                "EXPORT",
                exported_snapshot.EXPORT.replace("statement_timestamp()", moment),
            )
            sql(
                "INSERT INTO item (id, title, owner_id, created_at) OVERRIDING SYSTEM VALUE"
                " VALUES (%s, 'elsewhere', 1, '2000-01-01')",
                (1 << PARTITION_BITS) + later,
            )
            snapshot = take_snapshot()
        assert Path(snapshot.files(ITEMS)[0]).name == part
        for period in LIMITED:
            young = sum(age + later < (period.days or 0) for age in (1, 6, 20, 29, 80))
            found = metrics.items_by_user(snapshot, OwnerFilter(period=period), limit=10)
            assert found["item_count"].to_list() == [young] * (young > 0), (later, period)
            assert metrics.count_items_by_user(snapshot, OwnerFilter(period=period)) == (young > 0)
