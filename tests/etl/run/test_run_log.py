"""The row of a refresh: what it brought, and where its time went."""

from typing import Any

import pytest

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.errors import Conflict, Forbidden, Unavailable
from core.refreshes import requests
from core.telemetry import spans
from etl import refresh
from tests.conftest import Sql
from tests.etl.conftest import fill


def spans_of(run: RefreshRun, actor: Actor) -> list[list[Any]]:
    """Return what was kept of a refresh."""
    with transaction() as db:
        return requests.spans(db, actor=actor, run_id=run.id)


def test_a_refresh_says_what_it_brought(sql: Sql) -> None:
    fill(sql, users=4, items=9)
    assert refresh.run(trigger="test").changes == {}  # all of it, so nothing to count
    sql("INSERT INTO item (title, owner_id) SELECT 'new', min(id) FROM \"user\"")
    sql("UPDATE item SET title = 'other' WHERE id <= 2")
    sql("DELETE FROM item WHERE id = 3")
    sql("INSERT INTO \"user\" (email, hashed_password) VALUES ('new@example.com', '!')")
    run = refresh.run(trigger="test")
    assert run.changes == {"item": [1, 2, 1], "user": [1, 0, 0]}
    assert refresh.run(trigger="test").changes == {}


def test_its_spans_are_kept_with_it(sql: Sql, system: Actor) -> None:
    fill(sql, users=4, items=9)
    run = refresh.run(trigger="test")
    found = spans_of(run, system)
    names = [name for name, *_ in found]
    steps = [f"refresh {step}" for step in ("prepare", "export", "compute", "verify", "publish")]
    assert [name for name in names if name in steps] == steps
    starts = [start for _, start, *_ in found]
    assert starts == sorted(starts)
    parts = [(depth, told) for name, _, _, depth, told in found if name == "refresh part"]
    assert {(depth, told["tally.table"], told["tally.rows"]) for depth, told in parts} == {
        (1, "user", 4),
        (1, "item", 9),
    }
    for name, start, seconds, _, _ in found:
        if name == "refresh part":
            export = found[names.index("refresh export")]
            assert export[1] <= start
            assert start + seconds <= export[1] + export[2] + 0.001


def test_a_failure_keeps_the_spans_up_to_it(sql: Sql, system: Actor) -> None:
    refresh.run(trigger="test")
    sql("ALTER TABLE item ALTER COLUMN created_at TYPE timestamp")
    with pytest.raises(Unavailable, match="as timestamp with time zone"):
        refresh.run(trigger="test")
    with transaction() as db:
        failed = requests.latest_finished(db)
    assert failed is not None
    assert [name for name, *_ in spans_of(failed, system)] == ["refresh prepare"]


def test_no_more_than_two_hundred_spans_are_kept() -> None:
    kept = spans.Kept()
    with spans.keeping(kept):
        for number in range(300):
            with spans.opened("part", number=number) as told:
                told["rows"] = number
    assert len(kept.rows()) == spans.MOST
    assert kept.rows()[0][4].keys() == {"number", "rows"}  # type: ignore[attr-defined]
    with spans.opened("outside"):
        pass
    assert len(kept.spans) == 300


def test_a_superuser_may_have_all_parts_written(sql: Sql, superuser: Actor, staff: Actor) -> None:
    refresh.run(trigger="test")
    with pytest.raises(Forbidden), transaction() as db:
        requests.request_full(db, actor=staff)
    with transaction() as db:
        asked = requests.request_full(db, actor=superuser)
    run = refresh.run(trigger="manual")
    assert (run.id, run.mode, run.trigger) == (asked.id, "full", "full")
    assert run.reason == "It was asked for."
    assert refresh.run(trigger="test").mode == "unchanged"


def test_a_wish_comes_too_late_for_a_refresh_that_runs(superuser: Actor) -> None:
    with transaction() as db:
        db.add(RefreshRun(trigger="manual", status="running"))
    with pytest.raises(Conflict, match="try again"), transaction() as db:
        requests.request_full(db, actor=superuser)
