"""Asking for a refresh: one at a time, whoever asks, and the history of them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.db.refresh_models import RefreshRun
from core.errors import Forbidden
from core.refreshes import requests
from tests.conftest import actor_for, make_user


def test_a_request_is_a_row_and_an_audit_row(staff: Actor) -> None:
    with transaction() as db:
        asked = requests.request_refresh(db, actor=staff)
    assert (asked.status, asked.trigger, asked.requested_by) == (
        "requested",
        "manual",
        staff.email,
    )
    with transaction() as db:
        assert requests.open_run(db) == db.get(RefreshRun, asked.id)
        found = db.scalars(select(AuditEvent).where(AuditEvent.action == "refresh.request")).one()
    assert (found.actor, found.subject_id) == (staff.email, asked.id)


@pytest.mark.parametrize("status", ["requested", "running"])
def test_a_second_request_joins_the_open_one(staff: Actor, superuser: Actor, status: str) -> None:
    with transaction() as db:
        first = requests.request_refresh(db, actor=staff)
        first.status = status
    with transaction() as db:
        assert requests.request_refresh(db, actor=superuser).id == first.id
        assert db.scalar(select(func.count()).select_from(RefreshRun)) == 1


def test_only_staff_may_ask(system: Actor) -> None:
    nobody = actor_for(make_user(system, "nobody@example.com"))
    with transaction() as db:
        with pytest.raises(Forbidden):
            requests.request_refresh(db, actor=nobody)
        with pytest.raises(Forbidden):
            requests.history(db, actor=nobody)


def test_the_history_is_newest_first(staff: Actor) -> None:
    with transaction() as db:
        for number in range(3):
            db.add(RefreshRun(trigger="test", status="succeeded", generation=number))
            db.flush()
        db.add(RefreshRun(trigger="test"))
    with transaction() as db:
        assert [run.generation for run in requests.history(db, actor=staff)] == [None, 2, 1, 0]
        latest = requests.latest_finished(db)
        assert latest is not None
        assert latest.generation == 2
        assert len(requests.history(db, actor=staff, limit=2)) == 2


def test_wake_and_next_run_reach_who_is_connected() -> None:
    calls: list[str] = []
    at = datetime(2026, 1, 2, tzinfo=UTC)
    requests.wake()
    assert requests.next_run() is None
    requests.connect(lambda: calls.append("old"))
    requests.connect(lambda: calls.append("new"), next_run=lambda: at)
    requests.wake()
    assert calls == ["new"]
    assert requests.next_run() == at
