"""What was created on which day, in any zone, against the same asked of PostgreSQL."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.analytics import metrics
from core.calendar import steps
from core.calendar.steps import Step
from core.snapshots.reader import Snapshot
from etl.views.created_counts import Created
from tests.conftest import Sql
from tests.core.analytics.questions import ZONES
from tests.etl.conftest import take_snapshot


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
    found = steps.by_day(pl.DataFrame(created.table()), zone)
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
    assert steps.by_step(frame, step).rows() == [(first, 2)]
