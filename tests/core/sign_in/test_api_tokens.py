"""API tokens: made once, stored hashed, narrower than the person, and gone when they should be."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import revocations
from core.access.hashing import hash_token
from core.access.permissions import SCOPE_OF, require_scope, require_staff
from core.actor import Actor
from core.db import engine
from core.db.models import ApiToken, AuditEvent, User
from core.errors import Forbidden, Invalid, NotFound
from core.manage import items, users
from core.sign_in import api_tokens
from tests.conftest import make_user

ALL = list(api_tokens.SCOPES)


def make(actor: Actor, **values: object) -> api_tokens.NewToken:
    """Make and commit a token."""
    form = {"name": "nightly report", "days": 30, "scopes": ["items:read"], **values}
    with engine.transaction() as db:
        return api_tokens.create_token(db, actor=actor, values=form)


def change_all(**values: object) -> None:
    """Change and commit all tokens past the services."""
    with engine.transaction() as db:
        db.execute(update(ApiToken).values(**values))


def found(token: str) -> Actor | None:
    """Whom a token speaks for at this moment."""
    with engine.transaction() as db:
        session = api_tokens.find_open(db, token_hash=hash_token(token))
    return session.actor if session else None


def test_a_token_is_stored_as_its_hash_and_found_by_it(staff: Actor) -> None:
    made = make(staff)
    with engine.transaction() as db:
        row = db.scalars(select(ApiToken)).one()
    assert row.token_hash == hash_token(made.token)
    assert made.token not in repr(made)
    assert row.expires_at - datetime.now(UTC) > timedelta(days=29, hours=23)
    actor = found(made.token)
    assert actor
    assert (actor.id, actor.token_id, actor.scopes) == (
        staff.id,
        row.id,
        frozenset({"items:read"}),
    )
    assert found(made.token + "x") is None


def test_a_token_is_recognised_by_its_looks(staff: Actor) -> None:
    token = make(staff).token
    assert api_tokens.PATTERN.fullmatch(token)
    assert len(token) == 55
    assert api_tokens.looks_right(token)
    swapped = token[:10] + ("a" if token[10] != "a" else "b") + token[11:]
    for wrong in ("", "tally_", swapped, token[:-1], token + "0", token.lower(), "x" * 55):
        assert not api_tokens.looks_right(wrong)
    assert len({api_tokens.generate() for _ in range(100)}) == 100


def test_use_is_noted_at_most_once_a_minute(staff: Actor, db: Session) -> None:
    key = hash_token(make(staff).token)
    row = db.scalars(select(ApiToken)).one()
    assert row.last_used_at is None
    api_tokens.find_open(db, token_hash=key)
    db.refresh(row)
    first = row.last_used_at
    assert first
    for seconds, noted_anew in ((50, False), (70, True)):
        before = first - timedelta(seconds=seconds)
        db.execute(update(ApiToken).values(last_used_at=before))
        api_tokens.find_open(db, token_hash=key)
        db.refresh(row)
        assert (row.last_used_at != before) is noted_anew


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"days": "7"}, "days"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["users:read"]}, "scopes"),
        ({"user_id": 1}, "user_id"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    staff: Actor, values: Mapping[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        make(staff, **values)
    assert list(error.value.fields) == [field]


def test_the_number_of_tokens_is_bounded(staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MOST_TOKENS", 1)
    make(staff)
    with pytest.raises(Invalid, match="revoke one"):
        make(staff)


def test_superusers_may_have_every_scope_and_staff_may_not(superuser: Actor, staff: Actor) -> None:
    assert api_tokens.allowed_scopes(superuser) == ALL
    assert api_tokens.allowed_scopes(staff) == ["analytics:read", "items:read", "items:write"]
    assert make(superuser, scopes=ALL[::-1]).row.scopes == ALL


def test_a_token_does_what_it_was_given_and_nothing_else(superuser: Actor, db: Session) -> None:
    actor = found(make(superuser, scopes=["items:read"]).token)
    assert actor
    items.list_items(db, actor=actor)
    out_of_scope: list[Callable[[], object]] = [
        lambda: items.create_item(db, actor=actor, values={}),
        lambda: items.update_item(db, actor=actor, item_id=1, version=1, values={}),
        lambda: items.delete_item(db, actor=actor, item_id=1, version=1),
        lambda: users.list_users(db, actor=actor),
        lambda: users.create_user(db, actor=actor, values={}),
        lambda: require_scope(actor, "analytics.read"),
    ]
    for act in out_of_scope:
        with pytest.raises(Forbidden, match="not given the scope"):
            act()
    for_no_token: list[Callable[[], object]] = [
        lambda: require_staff(db, actor),  # whatever asks for no scope is closed to tokens
        lambda: api_tokens.list_tokens(db, actor=actor),
        lambda: api_tokens.create_token(db, actor=actor, values={}),
        lambda: api_tokens.revoke_token(db, actor=actor, token_id=actor.token_id or 0),
    ]
    for act in for_no_token:
        with pytest.raises(Forbidden, match="with a token"):
            act()
    assert users.get_own(db, actor=actor).id == superuser.id


def test_a_scope_gives_no_right_that_the_person_lacks(staff: Actor, db: Session) -> None:
    token = make(staff).token
    change_all(scopes=ALL)  # as if it had been widened behind our back
    actor = found(token)
    assert actor
    with pytest.raises(Forbidden, match="superusers"):
        users.list_users(db, actor=actor)


def test_tokens_are_listed_and_revoked_by_their_owner_alone(
    staff: Actor, superuser: Actor, db: Session
) -> None:
    first, second = make(staff).row, make(staff, name="another").row
    assert [t.id for t in api_tokens.list_tokens(db, actor=staff)] == [second.id, first.id]
    assert api_tokens.list_tokens(db, actor=superuser) == []
    with pytest.raises(NotFound):
        api_tokens.revoke_token(db, actor=superuser, token_id=first.id)
    api_tokens.revoke_token(db, actor=staff, token_id=first.id)
    assert [t.id for t in api_tokens.list_tokens(db, actor=staff)] == [second.id]


def test_making_and_revoking_are_audited_without_the_secret(staff: Actor, db: Session) -> None:
    made = make(staff)
    api_tokens.revoke_token(db, actor=staff, token_id=made.row.id)
    db.flush()
    query = select(AuditEvent).where(AuditEvent.subject_type == "api_token").order_by(AuditEvent.id)
    created, revoked = db.scalars(query)
    assert (created.action, revoked.action) == ("token.create", "token.revoke")
    assert created.changes["scopes"] == [None, ["items:read"]]
    assert revoked.changes["name"] == ["nightly report", None]
    assert "hash" not in str(created.changes)
    assert made.token not in str(created.changes)


def test_what_a_token_does_is_audited_under_its_id(
    superuser: Actor, staff: Actor, db: Session
) -> None:
    made = make(superuser, scopes=["items:write"])
    actor = found(made.token)
    assert actor
    items.create_item(db, actor=actor, values={"title": "Lamp", "owner_email": staff.email})
    db.flush()
    event = db.scalars(select(AuditEvent).where(AuditEvent.action == "item.create")).one()
    assert (event.token_id, event.actor) == (made.row.id, superuser.email)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_it_ends_with_the_role_and_does_not_come_back_with_it(
    system: Actor, staff: Actor, change: dict[str, bool]
) -> None:
    token = make(staff).token
    _change(system, staff, **change)
    assert found(token) is None
    _change(system, staff, is_active=True, is_staff=True)
    assert found(token) is None


def test_a_demoted_superuser_loses_tokens_and_others_keep_theirs(
    system: Actor, superuser: Actor, staff: Actor
) -> None:
    other = make_user(system, "other@example.com", is_staff=True, is_superuser=True)
    token, kept = make(superuser, scopes=ALL).token, make(staff).token
    _change(system, superuser, full_name="Ruth", password="another long password")
    assert found(token)
    _change(system, superuser, is_superuser=False)
    assert found(token) is None
    assert found(kept)
    assert other.is_superuser


def test_what_a_token_may_not_do_is_audited(staff: Actor, db: Session) -> None:
    made = make(staff)
    actor = found(made.token)
    assert actor
    with suppress(Forbidden), engine.transaction() as other:
        items.delete_item(other, actor=actor, item_id=7, version=1)
    event = db.scalars(select(AuditEvent).where(AuditEvent.outcome == "refused")).one()
    assert (event.action, event.subject_id, event.token_id) == ("item.delete", 7, made.row.id)


def test_every_action_asks_for_a_scope_that_there_is() -> None:
    assert set(SCOPE_OF.values()) == set(api_tokens.SCOPES)


def test_even_a_change_past_the_services_ends_it(staff: Actor) -> None:
    token = make(staff).token
    with engine.transaction() as db:
        db.execute(update(User).values(is_active=False))
    assert found(token) is None


def test_it_ends_when_it_expires_and_is_forgotten_later(staff: Actor, db: Session) -> None:
    token = make(staff).token
    change_all(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert found(token) is None
    assert len(api_tokens.list_tokens(db, actor=staff)) == 1
    assert api_tokens.delete_expired(db) == 0
    change_all(expires_at=datetime.now(UTC) - timedelta(days=31))
    assert api_tokens.delete_expired(db) == 1


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_a_listener_that_fails_keeps_the_news_from_nobody(
    staff: Actor, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    told: list[str] = []
    row = make(staff).row
    disconnect = [revocations.connect(fail), revocations.connect(lambda: told.append("ended"))]
    try:
        with engine.transaction() as db:
            api_tokens.revoke_token(db, actor=staff, token_id=row.id)
        assert told == ["ended"]
    finally:
        for each in disconnect:
            each()


def test_endings_are_told_when_they_are_committed_and_only_then(
    staff: Actor, system: Actor
) -> None:
    told: list[str] = []
    disconnect = revocations.connect(lambda: told.append("ended"))
    row = make(staff).row
    try:
        with suppress(ZeroDivisionError), engine.transaction() as db:
            api_tokens.revoke_token(db, actor=staff, token_id=row.id)
            raise ZeroDivisionError
        assert told == []
        with engine.transaction() as db:
            api_tokens.revoke_token(db, actor=staff, token_id=row.id)
            assert told == []
        assert told == ["ended"]
        _change(system, staff, full_name="Stan")
        assert told == ["ended"]
        _change(system, staff, is_active=False)
        assert told == ["ended"] * 2
    finally:
        disconnect()


def _change(system: Actor, actor: Actor, **values: object) -> None:
    with engine.transaction() as db:
        user = users.get_user(db, actor=system, user_id=actor.id or 0)
        users.update_user(db, actor=system, user_id=user.id, version=user.version, values=values)


def test_a_superuser_sees_and_revokes_anybodys(superuser: Actor, staff: Actor) -> None:
    made = make(staff)
    with engine.transaction() as db:
        (row,) = api_tokens.list_tokens_of(db, actor=superuser, user_id=staff.id or 0)
    with pytest.raises(Forbidden), engine.transaction() as db:
        api_tokens.list_tokens_of(db, actor=staff, user_id=staff.id or 0)
    with pytest.raises(Forbidden), engine.transaction() as db:
        api_tokens.revoke_token_of(db, actor=staff, token_id=row.id)
    assert found(made.token)
    with engine.transaction() as db:
        api_tokens.revoke_token_of(db, actor=superuser, token_id=row.id)
    assert found(made.token) is None
    with pytest.raises(NotFound), engine.transaction() as db:
        api_tokens.revoke_token_of(db, actor=superuser, token_id=row.id)


def test_an_owner_who_goes_in_between_gets_no_token(
    staff: Actor, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def allow_and_demote(*_: object) -> None:
        _change(system, staff, is_staff=False)

    monkeypatch.setattr(api_tokens, "require_staff", allow_and_demote)
    with pytest.raises(Forbidden):
        make(staff)
