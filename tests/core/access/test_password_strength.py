"""Passwords: common ones and one's own address are refused, and nothing else about them is."""

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from core.access.password_strength import COMMON, CONTAINS_ADDRESS, refuse_guessable
from core.actor import Actor
from core.db.engine import transaction
from core.db.fields import PASSWORD_MINIMUM
from core.errors import Invalid
from core.manage import users
from tests.conftest import make_user

EMAIL = "ruth.root@example.com"
LONG_AND_COMMON = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_MINIMUM]


def why(password: str, email: str = EMAIL) -> str | None:
    try:
        refuse_guessable(password, email=email)
    except Invalid as error:
        return error.fields["password"]
    return None


@pytest.mark.parametrize(
    "password",
    [
        "password123!",
        "P@ssw0rd2024",
        "1234567890",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "a" * 128,
        "iloveyou123",
        "abcabcabcabc",
        "19871987198719",
    ],
)
def test_common_passwords_are_refused_also_in_disguise(password: str) -> None:
    assert why(password) == COMMON


def test_every_listed_password_of_permitted_length_is_refused() -> None:
    assert len(LONG_AND_COMMON) > 1000
    assert [word for word in LONG_AND_COMMON[::10] if why(word) is None] == []


@pytest.mark.parametrize(
    "password", ["xx ruth.root xx", "RUTH.ROOT@example.com", "my Ruth.Root is this one"]
)
def test_the_address_and_its_name_are_refused(password: str) -> None:
    assert why(password) == CONTAINS_ADDRESS


@pytest.mark.parametrize(
    ("password", "email"),
    [
        ("a long enough password", EMAIL),
        ("korrekt pferd batterie", EMAIL),
        ("all lower case words here", EMAIL),
        ("83920175629384", EMAIL),
        ("the channel tunnel opens", "ann@example.com"),
        ("  blanks   at both ends  ", EMAIL),
    ],
)
def test_no_other_rule_applies(password: str, email: str) -> None:
    assert why(password, email) is None


def test_services_refuse_them(system: Actor) -> None:
    with pytest.raises(Invalid, match="first that anybody would try"):
        make_user(system, EMAIL, password="password123!")
    user = make_user(system, EMAIL)
    for values in (
        {"password": "the ruth.root one"},
        {"email": "someone@example.com", "password": "the someone passphrase"},
    ):
        with pytest.raises(Invalid) as caught, transaction() as db:
            users.update_user(db, actor=system, user_id=user.id, version=1, values=values)
        assert caught.value.fields == {"password": CONTAINS_ADDRESS}
