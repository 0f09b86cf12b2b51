"""Sessions: begun by active staff alone, ended in time, never readable from the row."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Executable, delete, select, update
from sqlalchemy.orm import Session

from core.access.hashing import hash_token
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, AuthSession, User
from core.sign_in import sessions
from tests.conftest import PASSWORD, make_user, sign_in


def begin(
    db: Session, email: str = "staff@example.com", password: str = PASSWORD
) -> sessions.SignIn | None:
    return sign_in(db, email, password, user_agent="Firefox\n\x1b[31m")


def test_staff_sign_in_and_the_row_keeps_only_a_hash(db: Session, staff: Actor) -> None:
    begun = begin(db, email="STAFF@example.com ")
    assert begun is not None
    row = db.scalars(select(AuthSession)).one()
    assert row.token_hash == hash_token(begun.token)
    assert begun.token.encode() not in row.token_hash
    assert row.user_agent == "Firefox??[31m"
    found = sessions.find_actor(db, token_hash=hash_token(begun.token))
    assert found == begun.actor
    assert begun.actor.id == staff.id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("staff@example.com", "not the password"),
        ("nobody@example.com", PASSWORD),
        ("owner@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("staff@example.com", ""),
        ("staff@example.com\x00", PASSWORD + "\x00"),
    ],
)
def test_everybody_else_is_refused_and_noted(
    email: str, password: str, staff: Actor, system: Actor
) -> None:
    make_user(system, "owner@example.com")
    make_user(system, "gone@example.com", is_staff=True, is_active=False)
    with transaction() as db:
        assert begin(db, email=email, password=password) is None
    with transaction() as db:
        event = db.scalars(select(AuditEvent).where(AuditEvent.action == "session.sign_in")).one()
        assert event.outcome == "refused"
        assert PASSWORD not in str(event.changes)
        assert db.scalars(select(AuthSession)).all() == []


def test_sign_out_ends_the_session(db: Session, staff: Actor) -> None:
    begun = begin(db)
    assert begun is not None
    sessions.sign_out(db, actor=begun.actor)
    assert sessions.find_actor(db, token_hash=hash_token(begun.token)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"last_seen_at": datetime.now(UTC) - timedelta(hours=13)},
        {"expires_at": datetime.now(UTC) - timedelta(seconds=1)},
    ],
)
def test_a_session_ends_after_idling_and_in_the_end(
    change: dict[str, datetime], db: Session, staff: Actor
) -> None:
    begun = begin(db)
    assert begun is not None
    db.execute(update(AuthSession).values(**change))
    assert sessions.find_actor(db, token_hash=hash_token(begun.token)) is None
    assert sessions.delete_expired(db) == 1


def test_use_keeps_a_session_alive(db: Session, staff: Actor) -> None:
    begun = begin(db)
    assert begun is not None
    before = datetime.now(UTC) - timedelta(hours=11)
    db.execute(update(AuthSession).values(last_seen_at=before))
    assert sessions.find_actor(db, token_hash=hash_token(begun.token))
    db.expire_all()
    assert db.scalars(select(AuthSession.last_seen_at)).one() > before + timedelta(hours=10)
    assert sessions.delete_expired(db) == 0


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        (update(AuthSession).values(expires_at=datetime.now(UTC)), sessions.Ended.EXPIRED),
        (delete(AuthSession), sessions.Ended.ELSEWHERE),
        (update(User).values(is_active=False), sessions.Ended.REFUSED),
        (update(User).values(is_staff=False, is_superuser=False), sessions.Ended.REFUSED),
    ],
)
def test_it_is_known_why_a_session_has_ended(
    ended: Executable, why: sessions.Ended, db: Session, staff: Actor
) -> None:
    begun = begin(db)
    assert begun is not None
    db.execute(ended)
    assert sessions.why_ended(db, actor=begun.actor) is why
