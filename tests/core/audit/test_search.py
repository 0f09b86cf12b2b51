"""The audit trail: it tells also of what was refused, and nobody rewrites it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, delete, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from core.actor import Actor
from core.audit import search as audit_search
from core.audit import trail as audit_trail
from core.audit.search import EventFilter
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.errors import Forbidden
from core.exports.catalog import QUESTIONS
from core.manage import items, users
from core.refreshes import requests
from tests.conftest import make_user

Act = Callable[[Session], object]


def found(actor: Actor, **filters: Any) -> list[str]:
    with transaction() as db:
        page = audit_search.list_events(db, actor=actor, filters=EventFilter(**filters))
    return [event.action for event in page.rows]


@pytest.fixture
def trail(superuser: Actor, system: Actor) -> Actor:
    """A trail with three more rows than the creation of a superuser; returns the superuser."""
    with transaction() as db:
        for outcome, name in (("success", "Ann"), ("refused", "100%_\\"), ("success", "'; drop")):
            audit_trail.record(
                db,
                actor=superuser,
                action=f"test.{outcome}",
                changes={"full_name": [None, name]},
                outcome=outcome,
            )
    return superuser


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEvent).values(actor="nobody"),
        delete(AuditEvent),
        delete(AuditEvent).where(AuditEvent.id == -1),
        text("TRUNCATE audit_event"),
        text("SET LOCAL session_replication_role = replica; DELETE FROM audit_event"),
    ],
)
def test_rows_are_neither_changed_nor_deleted(trail: Actor, statement: Executable) -> None:
    with pytest.raises(ProgrammingError, match="can be added"), transaction() as db:
        db.execute(statement)
    assert len(found(trail)) == 4


def test_newest_first_and_narrowed(trail: Actor) -> None:
    assert found(trail) == ["test.success", "test.refused", "test.success", "user.create"]
    assert found(trail, action="test.refused") == ["test.refused"]
    assert found(trail, outcome="refused") == ["test.refused"]
    assert found(trail, who="ROOT@") == ["test.success", "test.refused", "test.success"]
    assert found(trail, search="ann") == ["test.success"]
    now = datetime.now(UTC)
    assert len(found(trail, since=now - timedelta(hours=1), until=now)) == 4
    assert found(trail, since=now) == found(trail, until=now - timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("search", "count"), [("%", 1), ("_\\", 1), ("'; drop", 1), ("a\x00nn", 1)]
)
def test_a_search_is_literal(trail: Actor, search: str, count: int) -> None:
    assert len(found(trail, search=search, action="")) == count


def test_actions_are_listed_once(trail: Actor) -> None:
    with transaction() as db:
        actions = audit_search.list_actions(db, actor=trail)
    assert actions == ["test.refused", "test.success", "user.create"]


def test_the_whole_is_streamed_in_batches(trail: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "BATCH", 3)
    with transaction() as db:
        count, newest = audit_search.count_events(db, filters=EventFilter())
    assert count == 4
    batches = list(audit_search.stream_events(filters=EventFilter(), newest=newest))
    assert [len(events) for events, _ in batches] == [3, 1]
    assert len({event.id for events, _ in batches for event in events}) == 4


def test_what_staff_may_not_do_is_refused_and_noted_once(staff: Actor, superuser: Actor) -> None:
    target = superuser.id or 0
    attempts: dict[str, Act] = {
        "user.update": lambda db: users.update_user(
            db, actor=staff, user_id=target, version=1, values={"is_superuser": True}
        ),
        "user.delete": lambda db: users.delete_user(db, actor=staff, user_id=target, version=1),
        "user.read": lambda db: users.get_user(db, actor=staff, user_id=target),
        "user.list": lambda db: users.list_users(db, actor=staff),
        "user.create": lambda db: users.create_user(db, actor=staff, values={"email": "a@b.de"}),
        "audit.list": lambda db: audit_search.list_events(db, actor=staff, filters=EventFilter()),
        "export.audit": lambda db: QUESTIONS["audit"].allow(db, staff),
        "export.users": lambda db: QUESTIONS["users"].allow(db, staff),
    }
    for act in attempts.values():
        with pytest.raises(Forbidden), transaction() as db:
            act(db)
    with transaction() as db:
        refused = db.scalars(
            select(AuditEvent).where(AuditEvent.outcome == "refused").order_by(AuditEvent.id)
        ).all()
    assert [event.action for event in refused] == list(attempts)
    assert {(e.actor_id, e.actor, e.address) for e in refused} == {
        (staff.id, staff.email, "127.0.0.1")
    }
    assert [e.subject_id for e in refused] == [target] * 3 + [None] * 5


def test_who_left_is_refused_and_noted(system: Actor) -> None:
    owner = make_user(system, "owner@example.com")
    actor = Actor(id=owner.id, email=owner.email)
    attempts: dict[str, Act] = {
        "item.list": lambda db: items.list_items(db, actor=actor),
        "item.delete": lambda db: items.delete_item(db, actor=actor, item_id=1, version=1),
        "export.analytics": lambda db: QUESTIONS["items_by_user"].allow(db, actor),
        "refresh.request": lambda db: requests.request_refresh(db, actor=actor),
    }
    for act in attempts.values():
        with pytest.raises(Forbidden), transaction() as db:
            act(db)
    with transaction() as db:
        query = select(AuditEvent.action).where(AuditEvent.outcome == "refused")
        assert list(db.scalars(query.order_by(AuditEvent.id))) == list(attempts)
