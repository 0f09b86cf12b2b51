"""When rows of other systems were created: read as people and programs write it, and shown so."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.actor import Actor
from core.analytics import metrics
from core.db import engine
from core.errors import Invalid
from core.manage.imports import import_files
from core.manage.past_times import Times, read_times
from core.manage.readers.table import Cell
from core.snapshots import reader
from etl import refresh
from etl.verify import verification
from tests.conftest import Sql

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2024, 5, 30, 22, tzinfo=UTC)
NOON = datetime(2024, 5, 31, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("2024-05-31", NIGHT),
        ("31.5.2024", NIGHT),
        (date(2024, 5, 31), NIGHT),
        ("2024-05-31 12:30", NOON),
        (" 2024-05-31T12:30:00 ", NOON),
        ("31.05.2024 12:30", NOON),
        ("31.05.2024, 12:30:00", NOON),
        (datetime(2024, 5, 31, 12, 30), NOON),  # noqa: DTZ001
        ("2024-05-31T10:30:00Z", NOON),
        ("2024-05-31 10:30:00+00", NOON),
        ("2024-05-31 10:30:00.000000 +00:00", NOON),
        ("2024-05-31 10:30:00 UTC", NOON),
        ("2024-05-31T16:15:00+05:45", NOON),
        (NOON, NOON),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-11-28T10:00:00Z", NOW),
    ],
)
def test_times_are_read_in_the_zone_of_the_file(cell: Cell, at: datetime | None) -> None:
    assert read_times({"created_at": cell}, zone=BERLIN, now=NOW) == Times(at, at)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("5/31/2024", "This is no time."),
        ("31.2.2024", "This is no time."),
        ("yesterday", "This is no time."),
        (45_000.5, "This is no time."),
        (True, "This is no time."),
        ("2026-11-28T10:00:01Z", "This is in the future."),
        ("1969-12-31T23:59:59Z", "This is before 1970."),
        ("0001-01-01", "This is before 1970."),
        ("9999-12-31T23:59:59-12:00", "This is in the future."),
    ],
)
def test_what_is_no_past_time_is_refused(cell: Cell, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_times({"created_at": cell}, zone=BERLIN, now=NOW)
    assert caught.value.fields["created_at"].startswith(reason)


def test_a_company_that_moves_in_brings_its_history(
    sql: Sql, system: Actor, root: Path, tmp_path: Path
) -> None:
    users, items = tmp_path / "users.csv", tmp_path / "items.csv"
    users.write_text("email,created_at\nann@example.com,2019-02-03\nbo@example.com,2021-05-06\n")
    items.write_text(
        "title;owner_email;created_at\nLamp;ann@example.com;2020-01-01 10:00\n"
        "Desk;ann@example.com;2021-05-07 10:00\nNew;bo@example.com;\n"
    )
    refresh.run(trigger="test")
    with engine.transaction() as db:
        import_files(db, actor=system, users=users, items=items, watch=lambda *_: None)
    run = refresh.run(trigger="test")
    assert run.mode == "incremental"
    days = metrics.created_per_day(reader.current(), "UTC")
    assert [tuple(map(str, row)) for row in days.rows()][:4] == [
        ("2019-02-03", "1", "0"),
        ("2020-01-01", "0", "1"),
        ("2021-05-06", "1", "0"),
        ("2021-05-07", "0", "1"),
    ]
    assert not verification.verify().wrong
    edited = sql("SELECT title FROM item WHERE updated_at <> created_at")
    assert edited == []
