"""The Account page: where one is signed in, one's name and one's password."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.access.hashing import check_password
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuthSession, User
from dashboard.system import account_forms
from tests.conftest import PASSWORD, sign_in
from tests.pages.conftest import Open, field, press, say

NEW = "quite a different phrase"


@pytest.fixture
def here(staff: Actor) -> Actor:
    """The staff member, in a browser beside which there are two others."""
    with transaction() as db:
        begun = [sign_in(db, staff.email, user_agent=agent) for agent in ("curl/8", "x/1", "y/2")]
    assert begun[2]
    return replace(begun[2].actor, session_id=begun[2].actor.session_id)


def open_sessions() -> int:
    with transaction() as db:
        return db.scalar(select(func.count()).select_from(AuthSession)) or 0


def test_everybody_sees_their_sessions(here: Actor, open_page: Open) -> None:
    at = open_page(here, "account")
    assert [t.value for t in at.title] == ["Account"]
    shown = [t.value for t in at.text]
    assert {"curl/8", "x/1", "y/2", "Stan Staff"} <= set(shown)
    assert sum("from 127" in c.value for c in at.caption) == 3
    assert [b.label for b in at.button].count("End") == 2


def test_one_session_is_ended(here: Actor, open_page: Open) -> None:
    at = press(open_page(here, "account"), "End")
    assert say(at) == ["The session was ended."]
    assert open_sessions() == 2


def test_all_other_sessions_are_ended(here: Actor, open_page: Open) -> None:
    at = press(open_page(here, "account"), "End all other sessions")
    assert say(at) == ["2 other sessions were ended."]
    with transaction() as db:
        assert db.scalars(select(AuthSession.id)).all() == [here.session_id]


def test_the_name_is_changed(here: Actor, open_page: Open) -> None:
    at = press(open_page(here, "account"), "Change name")
    assert field(at, "Full name").value == "Stan Staff"
    field(at, "Full name").set_value("Stanley [x](javascript:alert(1))")
    at = press(at, "Save changes")
    assert "Your name was changed" in say(at)[0]
    with transaction() as db:
        assert db.get_one(User, here.id).full_name == "Stanley [x](javascript:alert(1))"


def test_the_password_is_changed(here: Actor, open_page: Open) -> None:
    at = press(open_page(here, "account"), "Change password")
    field(at, "Current password").set_value(PASSWORD)
    field(at, "New password").set_value(NEW)
    at = press(at, "Save changes")
    assert "Your password was changed" in say(at)[0]
    with transaction() as db:
        assert check_password(NEW, db.get_one(User, here.id).hashed_password).matches
    assert open_sessions() == 1


@pytest.mark.parametrize(
    ("current", "new", "said"),
    [
        ("not the password", NEW, account_forms.WRONG),
        ("x" * 10_000, NEW, account_forms.WRONG),
        ("", NEW, account_forms.WRONG),
        (PASSWORD, "short", "Use 10 to 128 characters"),
        (PASSWORD, "", "Use 10 to 128 characters"),
        (PASSWORD, "password1234", "anybody would try"),
    ],
)
def test_what_is_wrong_stands_below_its_field(
    here: Actor, open_page: Open, current: str, new: str, said: str
) -> None:
    at = press(open_page(here, "account"), "Change password")
    field(at, "Current password").set_value(current)
    field(at, "New password").set_value(new)
    at = press(at, "Save changes")
    assert not at.exception
    assert any(said.rstrip(".") in m.value for m in at.markdown if m.value.startswith(":red"))
    assert open_sessions() == 3


def test_guessing_the_current_password_is_slowed_down(here: Actor, open_page: Open) -> None:
    at = press(open_page(here, "account"), "Change password")
    for _ in range(6):
        field(at, "Current password").set_value("not the password")
        field(at, "New password").set_value(NEW)
        at = press(at, "Save changes")
    assert any("too many wrong passwords" in e.value for e in at.error)
