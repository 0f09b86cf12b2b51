"""The Users page: for superusers; the impact of a deletion comes first, and it can be undone."""

import json

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Checkbox

from core.access.hashing import UNUSABLE_PASSWORD, check_password
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken, AuditEvent, AuthSession, Item, LinkedIdentity, User
from core.manage import users
from core.manage.users import find_by_email
from core.sign_in import api_tokens
from tests.conftest import make_user, read_settings, sign_in
from tests.core.test_settings import PROVIDER
from tests.pages.conftest import Away, Open, choose, field, make_item, press, say, shown


def test_the_list_shows_roles_and_searches_names(
    superuser: Actor, staff: Actor, system: Actor, open_page: Open
) -> None:
    make_user(system, "ann@example.com", full_name="Ann", is_active=False)
    at = open_page(superuser, "users")
    table = shown(at)
    assert table["email"].to_list() == ["ann@example.com", "staff@example.com", "root@example.com"]
    assert table["role"].fillna("").to_list() == ["", "Staff", "Superuser"]
    assert table["active"].to_list() == ["No", "Yes", "Yes"]
    at.text_input(key="q").set_value("RUTH").run()
    assert shown(at)["email"].to_list() == ["root@example.com"]


def test_staff_cannot_reach_the_page(staff: Actor, open_page: Open) -> None:
    at = open_page(staff)
    assert "Users" not in [link.label for link in at.sidebar.page_link]
    at = open_page(staff, "users")
    assert [t.value for t in at.title] != ["Users"]


def test_a_user_is_created_with_a_password(superuser: Actor, open_page: Open) -> None:
    at = press(open_page(superuser, "users"), "New user")
    field(at, "E-mail address").set_value("New@Example.com")
    field(at, "Full name (optional)").set_value("Nora New")
    field(at, "Password (optional)").set_value("correct horse battery")
    box(at, "Staff").check()
    press(at, "Create")
    assert say(at) == ["The user was created."]
    user = find("new@example.com")
    assert (user.full_name, user.is_staff, user.is_superuser) == ("Nora New", True, False)
    assert check_password("correct horse battery", user.hashed_password).matches


def test_without_a_password_a_user_cannot_sign_in(superuser: Actor, open_page: Open) -> None:
    at = press(open_page(superuser, "users"), "New user")
    field(at, "E-mail address").set_value("owner@example.com")
    press(at, "Create")
    assert find("owner@example.com").hashed_password == UNUSABLE_PASSWORD


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("nonsense", "", "not an e\\-mail address"),
        ("ROOT@example.com", "", "Another user has this address already"),
        ("new@example.com", "short", "Use 10 to 128 characters"),
        ("new@example.com", "x" * 129, "Use 10 to 128 characters"),
        ("a\x00b@example.com", "", "NUL character"),
        ("", "", "Enter an e\\-mail address"),
    ],
)
def test_errors_stand_below_their_fields(
    superuser: Actor, open_page: Open, email: str, password: str, said: str
) -> None:
    at = press(open_page(superuser, "users"), "New user")
    field(at, "E-mail address").set_value(email)
    field(at, "Full name (optional)").set_value("Kept")
    field(at, "Password (optional)").set_value(password)
    press(at, "Create")
    assert not at.exception
    assert any(m.value.startswith(":red") and said in m.value for m in at.markdown)
    assert field(at, "Full name (optional)").value == "Kept"


def test_an_edit_without_a_password_keeps_the_old_one(
    superuser: Actor, staff: Actor, open_page: Open
) -> None:
    before = find(staff.email).hashed_password
    at = press(choose(open_page(superuser, "users"), 0), "Edit")
    field(at, "Full name (optional)").set_value("Stanley")
    press(at, "Save changes")
    assert say(at) == ["The user was saved."]
    assert (find(staff.email).full_name, find(staff.email).hashed_password) == ("Stanley", before)


def test_a_conflict_shows_both(
    superuser: Actor, staff: Actor, system: Actor, open_page: Open
) -> None:
    at = press(choose(open_page(superuser, "users"), 0), "Edit")
    field(at, "Full name (optional)").set_value("Mine")
    with transaction() as db:
        values = {"full_name": "Theirs", "is_active": False}
        users.update_user(db, actor=system, user_id=staff.id or 0, version=1, values=values)
    press(at, "Save changes")
    assert [t.value for t in at.text][-4:] == ["Mine", "Theirs", "Yes", "No"]
    assert [m.value for m in at.markdown][-2:] == ["**Full name**", "**Active**"]
    press(at, "Save mine over it")
    assert (find(staff.email).full_name, find(staff.email).is_active) == ("Mine", True)


def test_a_deletion_says_what_goes_along_and_undo_brings_it_back(
    superuser: Actor, system: Actor, open_page: Open
) -> None:
    ann = make_user(system, "ann@example.com", full_name="Ann")
    for title in ("One", "Two"):
        make_item(system, "ann@example.com", title)
    at = press(choose(open_page(superuser, "users"), 0), "Delete")
    assert any("2 items go along" in w.value for w in at.warning)
    press(at, "Delete user and 2 items")
    assert say(at) == ["The user was deleted."]
    assert owned(ann.id) == 0
    assert "Deleted: ann@example.com, with 2 items" in [t.value for t in at.text]
    press(at, "Undo")
    assert say(at) == ["The user is back, with 2 items."]
    assert owned(ann.id) == 2
    assert find("ann@example.com").id == ann.id


def test_a_deletion_is_asked_again_of_a_user_whom_somebody_changed(
    superuser: Actor, staff: Actor, system: Actor, open_page: Open
) -> None:
    at = press(choose(open_page(superuser, "users"), 0), "Delete")
    with transaction() as db:
        values = {"full_name": "Theirs"}
        users.update_user(db, actor=system, user_id=staff.id or 0, version=1, values=values)
    press(at, "Delete user")
    assert find(staff.email).full_name == "Theirs", "nobody has seen what they are now"
    assert "Theirs" in [t.value for t in at.text]
    assert any("changed this user meanwhile" in w.value for w in at.warning)
    press(at, "Delete user")
    assert f"Deleted: {staff.email}, with 0 items" in [t.value for t in at.text]


def test_a_user_is_signed_out_everywhere(superuser: Actor, staff: Actor, open_page: Open) -> None:
    with transaction() as db:
        sign_in(db, staff.email)
        sign_in(db, staff.email)
    at = press(choose(open_page(superuser, "users"), 0), "Edit")
    press(at, "Sign out everywhere")
    assert say(at) == ["2 sessions were ended."]
    with transaction() as db:
        assert db.scalar(select(func.count()).select_from(AuthSession)) == 0


def test_nobody_deletes_themselves(superuser: Actor, open_page: Open) -> None:
    at = press(choose(open_page(superuser, "users"), 0), "Delete")
    press(at, "Delete user")
    assert any("You cannot delete yourself" in e.value for e in at.error)
    assert find(superuser.email)


def test_away_from_the_database_a_deletion_does_not_happen(
    superuser: Actor, staff: Actor, open_page: Open, away: Away
) -> None:
    at = press(choose(open_page(superuser, "users"), 0), "Delete")
    with away():
        press(at, "Delete user")
        assert any("Nothing was saved" in w.value for w in at.warning)
    assert find(staff.email)


def box(at: AppTest, label: str) -> Checkbox:
    return next(c for c in at.checkbox if c.label.startswith(label))


def find(email: str) -> User:
    with transaction() as db:
        user = find_by_email(db, email)
    assert user is not None
    return user


def owned(user_id: int) -> int:
    with transaction() as db:
        return (
            db.scalar(select(func.count()).select_from(Item).where(Item.owner_id == user_id)) or 0
        )


def test_links_and_tokens_are_seen_and_ended(
    superuser: Actor, staff: Actor, open_page: Open
) -> None:
    form = {"name": "report [x](y)", "days": 1, "scopes": ["items:read"]}
    with transaction() as db:
        made = api_tokens.create_token(db, actor=staff, values=form)
        row = LinkedIdentity(user_id=staff.id, issuer="https://id.example.com", subject="7")
        db.add(row)
    at = press(choose(open_page(superuser, "users"), 0), "Edit")
    shown_texts = [t.value for t in at.text]
    assert f"API token {made.row.id}: report [x](y)" in shown_texts
    assert "https://id.example.com" in shown_texts
    at = press(at, "Revoke")
    assert say(at) == ["The token was revoked."]
    at = press(press(choose(at, 0), "Edit"), "Unlink")
    assert say(at) == ["The link was undone."]
    with transaction() as db:
        assert db.scalars(select(ApiToken)).all() == []
        assert db.scalars(select(LinkedIdentity)).all() == []
        event = db.scalars(select(AuditEvent).where(AuditEvent.action == "token.revoke")).one()
    assert (event.actor, event.changes["user_id"]) == (superuser.email, [staff.id, None])


def test_with_passwords_off_no_form_asks_for_one(
    superuser: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_SIGN_IN", "false")
    monkeypatch.setenv("SSO_PROVIDERS", json.dumps([PROVIDER]))
    read_settings()
    at = press(open_page(superuser, "users"), "New user")
    assert not any("assword" in f.label for f in at.text_input)
    at = open_page(superuser, "account")
    assert "Change password" not in [b.label for b in at.button]
