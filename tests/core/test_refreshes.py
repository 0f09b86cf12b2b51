"""Asking for a refresh: one at a time, whoever asks, and the history of them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core import refreshes
from core.actors import Actor
from core.database import transaction
from core.errors import Forbidden
from core.models import AuditEvent, RefreshRun
from tests.conftest import actor_for, make_user


@pytest.fixture(autouse=True)
def _disconnected() -> Iterator[None]:
    yield
    refreshes._wake.clear()
    refreshes._next_run.clear()


def test_a_request_is_a_row_and_an_audit_row(staff: Actor) -> None:
    with transaction() as db:
        asked = refreshes.request_refresh(db, actor=staff)
    assert (asked.status, asked.trigger, asked.requested_by) == (
        "requested",
        "manual",
        staff.email,
    )
    with transaction() as db:
        assert refreshes.open_run(db) == db.get(RefreshRun, asked.id)
        found = db.scalars(select(AuditEvent).where(AuditEvent.action == "refresh.request")).one()
    assert (found.actor, found.subject_id) == (staff.email, asked.id)


@pytest.mark.parametrize("status", ["requested", "running"])
def test_a_second_request_joins_the_open_one(staff: Actor, superuser: Actor, status: str) -> None:
    with transaction() as db:
        first = refreshes.request_refresh(db, actor=staff)
        first.status = status
    with transaction() as db:
        assert refreshes.request_refresh(db, actor=superuser).id == first.id
        assert db.scalar(select(func.count()).select_from(RefreshRun)) == 1


def test_only_staff_may_ask(system: Actor) -> None:
    nobody = actor_for(make_user(system, "nobody@example.com"))
    with transaction() as db:
        with pytest.raises(Forbidden):
            refreshes.request_refresh(db, actor=nobody)
        with pytest.raises(Forbidden):
            refreshes.history(db, actor=nobody)


def test_the_history_is_newest_first(staff: Actor) -> None:
    with transaction() as db:
        for number in range(3):
            db.add(RefreshRun(trigger="test", status="succeeded", generation=number))
            db.flush()
        db.add(RefreshRun(trigger="test"))
    with transaction() as db:
        assert [run.generation for run in refreshes.history(db, actor=staff)] == [None, 2, 1, 0]
        latest = refreshes.latest_finished(db)
        assert latest is not None
        assert latest.generation == 2
        assert len(refreshes.history(db, actor=staff, limit=2)) == 2


def test_wake_and_next_run_reach_who_is_connected() -> None:
    calls: list[str] = []
    at = datetime(2026, 1, 2, tzinfo=UTC)
    refreshes.wake()
    assert refreshes.next_run() is None
    refreshes.connect(lambda: calls.append("old"))
    refreshes.connect(lambda: calls.append("new"), next_run=lambda: at)
    refreshes.wake()
    assert calls == ["new"]
    assert refreshes.next_run() == at
