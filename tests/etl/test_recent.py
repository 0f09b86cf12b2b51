"""What is exactly as old as a period is long: no longer in it, and the first of the time before."""

import math
import threading
from datetime import UTC, datetime, timedelta

import pytest

from core.periods import COMPARED, LIMITED
from etl import recent
from etl.limits import Limits
from tests.conftest import Sql
from tests.etl.conftest import take_snapshot

CREATED = datetime(2026, 3, 8, 3, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("days", [0, 7, 14, 30, 60, 90])
def test_a_period_includes_its_end_and_not_its_beginning(sql: Sql, days: int) -> None:
    sql("INSERT INTO \"user\" (email, hashed_password, created_at) VALUES ('a', '!', %s)", CREATED)
    sql("INSERT INTO item (title, owner_id, created_at) SELECT 'x', id, created_at FROM \"user\"")
    snapshot = take_snapshot()
    for age in (timedelta(days=days) + step * INSTANT for step in (-1, 0, 1)):
        found = recent.count(
            snapshot.folder,
            snapshot.manifest.files,
            CREATED + age,
            Limits(threading.Event(), math.inf),
        )
        news = {row["period"]: row for row in found.new().to_pylist()}
        for period in COMPARED:
            length = timedelta(days=period.days or 0)
            new, before = timedelta() <= age < length, length <= age < 2 * length
            assert list(news[period].values())[1:] == [new, before, new, before], (period, age)
        for period in LIMITED:
            within = timedelta() <= age < timedelta(days=period.days or 0)
            assert len(found.ranked(period)) == within, (period, age)
