"""The API tokens page: a token is shown once, listed without its secret, and revoked."""

import pytest
from streamlit.testing.v1 import AppTest

from core.access.hashing import hash_token
from core.actor import Actor
from core.db.engine import transaction
from core.sign_in import api_tokens
from dashboard.system import token_dialogs
from tests.pages.conftest import Open, choose, field, press, say, shown


def fill_in(at: AppTest, name: str, *scopes: str) -> AppTest:
    """Fill in the form and send it."""
    field(at, "What it is for").set_value(name)
    at.multiselect[0].set_value(list(scopes))
    return press(at, "Create")


def test_a_token_is_made_shown_once_and_works(staff: Actor, open_page: Open) -> None:
    at = press(open_page(staff, "api_tokens"), "New token")
    assert at.selectbox[0].value == "30 days"
    fill_in(at, "Nightly [x](javascript:alert(1))", "items:read", "analytics:read")
    assert not at.exception
    assert say(at) == ["The token was made."]
    (token,) = [code.value for code in at.code]
    with transaction() as db:
        assert api_tokens.find_open(db, token_hash=hash_token(token))
    row = shown(at).iloc[0]
    assert row["name"] == "Nightly [x](javascript:alert(1))"
    assert row["scopes"] == "analytics:read, items:read"
    assert token not in shown(at).to_string()
    press(at, "I have copied it")
    assert not at.code
    assert token not in str(open_page(staff, "api_tokens"))


def test_what_is_missing_is_said_and_nothing_typed_is_lost(staff: Actor, open_page: Open) -> None:
    at = fill_in(press(open_page(staff, "api_tokens"), "New token"), "", "items:read")
    assert any("Say what this token is for" in text.value for text in at.markdown)
    assert at.multiselect[0].value == ["items:read"]
    at = fill_in(at, "Report")
    assert any("Choose at least one" in text.value for text in at.markdown)


@pytest.mark.parametrize(("who", "count"), [("staff", 3), ("superuser", 5)])
def test_only_scopes_of_use_are_offered(
    who: str, count: int, request: pytest.FixtureRequest, open_page: Open
) -> None:
    at = press(open_page(request.getfixturevalue(who), "api_tokens"), "New token")
    assert len(at.multiselect[0].options) == count


def test_a_token_is_revoked_after_a_question(staff: Actor, open_page: Open) -> None:
    with transaction() as db:
        values = {"name": "Old", "days": 7, "scopes": ["items:read"]}
        made = api_tokens.create_token(db, actor=staff, values=values)
    at = choose(open_page(staff, "api_tokens"), 0)
    press(at, "Revoke")
    with transaction() as db:
        assert api_tokens.find_open(db, token_hash=hash_token(made.token))
    press(at, "Revoke token")
    assert not at.exception
    assert say(at) == ["The token was revoked."]
    assert not at.dataframe
    with transaction() as db:
        assert api_tokens.find_open(db, token_hash=hash_token(made.token)) is None


def test_others_tokens_are_not_shown(staff: Actor, superuser: Actor, open_page: Open) -> None:
    with transaction() as db:
        values = {"name": "Mine", "days": 7, "scopes": ["items:read"]}
        api_tokens.create_token(db, actor=staff, values=values)
    assert not open_page(superuser, "api_tokens").dataframe


def test_every_period_is_one_that_tokens_may_have() -> None:
    assert all(1 <= days <= api_tokens.LONGEST_DAYS for days in token_dialogs.PERIODS.values())
