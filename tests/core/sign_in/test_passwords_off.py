"""Passwords switched off: none can be set, tried or asked for, whoever asks."""

import json

import pytest

from core.access.hashing import UNUSABLE_PASSWORD
from core.access.password_strength import SWITCHED_OFF
from core.actor import Actor
from core.db.engine import transaction
from core.errors import Forbidden, Invalid
from core.manage import users
from core.provision import setup
from core.sign_in import account, password
from tests.conftest import PASSWORD, read_settings
from tests.core.test_settings import PROVIDER


@pytest.fixture(autouse=True)
def _off(superuser: Actor, staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_SIGN_IN", "false")
    monkeypatch.setenv("SSO_PROVIDERS", json.dumps([PROVIDER]))
    read_settings()


def test_no_attempt_begins(staff: Actor) -> None:
    with pytest.raises(Forbidden, match=SWITCHED_OFF), transaction() as db:
        password.begin(db, email=staff.email, address=None)
    with pytest.raises(Forbidden, match=SWITCHED_OFF), transaction() as db:
        account.begin_password_change(db, actor=staff)


def test_nobody_gets_one(superuser: Actor, staff: Actor) -> None:
    made: dict[str, object] = {"email": "ann@example.com", "password": PASSWORD}
    with pytest.raises(Invalid, match=SWITCHED_OFF), transaction() as db:
        users.create_user(db, actor=superuser, values=made)
    changed = {"password": PASSWORD}
    with pytest.raises(Invalid, match=SWITCHED_OFF), transaction() as db:
        users.update_user(db, actor=superuser, user_id=staff.id or 0, version=1, values=changed)


def test_the_first_superuser_and_the_next_have_none(system: Actor, superuser: Actor) -> None:
    with transaction() as db:
        user = users.find_by_email(db, superuser.email)
        assert user
        user.is_superuser = False
    expected = setup.FirstSuperuser(
        "admin@example.com", random_password=None, has_password=False, providers=("Acme",)
    )
    assert setup.create_first_superuser() == expected
    with transaction() as db:
        second = setup.create_superuser(
            db, actor=system, email="ann@example.com", password=None, full_name=None, promote=False
        )
        first = users.find_by_email(db, "admin@example.com")
    assert first
    assert {first.hashed_password, second.hashed_password} == {UNUSABLE_PASSWORD}
    assert first.is_superuser
