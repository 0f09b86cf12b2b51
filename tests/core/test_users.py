"""Users: created, changed and deleted by those who may, and nothing lost on the way."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import users
from core.actors import Actor
from core.database import transaction
from core.errors import Forbidden, Invalid
from core.models import AuditEvent, User


def test_one_address_is_one_identity_whatever_its_case(db: Session, system: Actor) -> None:
    users.create_user(db, actor=system, values={"email": "Ann@Example.com"})
    with pytest.raises(Invalid) as refused, db.begin_nested():
        users.create_user(db, actor=system, values={"email": "aNN@example.COM"})
    assert refused.value.fields == {"email": "Another user has this address already."}
    assert db.scalar(select(func.count()).select_from(User)) == 1


def test_the_last_superuser_stays(superuser: Actor, system: Actor) -> None:
    with transaction() as db, pytest.raises(Forbidden, match="last active superuser"):
        users.delete_user(db, actor=system, user_id=superuser.id, version=1)
    with transaction() as db:
        assert db.scalar(select(func.count()).select_from(AuditEvent)) == 1
