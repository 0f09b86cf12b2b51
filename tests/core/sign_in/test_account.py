"""One's own account: sessions that end, a name, a password that only its owner changes."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from core.access.hashing import check_password
from core.access.password_strength import COMMON, CONTAINS_ADDRESS
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, AuthSession, User
from core.errors import Forbidden, Invalid, NotFound, TallyError
from core.manage import users
from core.sign_in import account, throttle
from tests.conftest import PASSWORD, make_user, sign_in

NEW = "quite a different phrase"


@pytest.fixture
def here(staff: Actor) -> Actor:
    """The staff member in one browser, who is signed in with two others as well."""
    return [signed_in(staff.email) for _ in range(3)][-1]


def signed_in(email: str) -> Actor:
    with transaction() as db:
        begun = sign_in(db, email, user_agent="Firefox")
    assert begun
    return begun.actor


def open_sessions(email: str | None = None) -> int:
    with transaction() as db:
        query = select(func.count()).select_from(AuthSession).join(User)
        return db.scalar(query.where(User.email == email) if email else query) or 0


def last_event() -> AuditEvent:
    with transaction() as db:
        return db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()


def change_password(actor: Actor, current: str, new: str = NEW) -> bool | float:
    with transaction() as db:
        attempt = account.begin_password_change(db, actor=actor)
    if attempt.wait:
        return attempt.wait
    checked = attempt.check(current)
    with transaction() as db:
        return account.change_password(
            db, actor=actor, attempt=attempt, checked=checked, values={"password": new}
        )


def test_one_sees_ones_own_sessions_alone(here: Actor, superuser: Actor) -> None:
    signed_in(superuser.email)
    with transaction() as db:
        rows = account.list_sessions(db, actor=here)
    assert len(rows) == 3
    assert {row.user_id for row in rows} == {here.id}
    assert rows[0].user_agent == "Firefox"


def test_one_session_ends_and_nobody_elses(here: Actor, superuser: Actor) -> None:
    others = signed_in(superuser.email)
    with transaction() as db, pytest.raises(NotFound):
        account.end_session(db, actor=here, session_id=others.session_id or 0)
    with transaction() as db:
        account.end_session(db, actor=here, session_id=here.session_id or 0)
    assert open_sessions("staff@example.com") == 2
    assert open_sessions(superuser.email) == 1
    assert last_event().action == "session.end"


def test_all_others_end_at_once(here: Actor) -> None:
    with transaction() as db:
        assert account.end_other_sessions(db, actor=here) == 2
    with transaction() as db:
        assert [row.id for row in account.list_sessions(db, actor=here)] == [here.session_id]


def test_superusers_end_the_sessions_of_others_and_staff_do_not(
    here: Actor, superuser: Actor
) -> None:
    with pytest.raises(Forbidden), transaction() as db:
        account.end_sessions_of(db, actor=here, user_id=superuser.id or 0)
    assert (last_event().action, last_event().outcome) == ("session.end", "refused")
    with transaction() as db:
        assert account.end_sessions_of(db, actor=superuser, user_id=here.id or 0) == 3
    assert last_event().changes == {"sessions": [3, 0]}


def test_a_name_is_changed_and_noted(here: Actor) -> None:
    with transaction() as db:
        user = account.rename(db, actor=here, values={"full_name": "  Stan   "})
    assert (user.full_name, user.version) == ("Stan", 2)
    assert last_event().changes == {"full_name": ["Stan Staff", "Stan"]}
    assert open_sessions() == 3
    for values in ({"full_name": "x" * 256}, {"full_name": "a\x00b"}, {"is_superuser": True}):
        with transaction() as db, pytest.raises(Invalid):
            account.rename(db, actor=here, values=values)


def test_a_new_password_ends_the_other_sessions(here: Actor) -> None:
    assert change_password(here, PASSWORD) is True
    with transaction() as db:
        user = db.get_one(User, here.id)
        assert check_password(NEW, user.hashed_password).matches
        assert [row.id for row in account.list_sessions(db, actor=here)] == [here.session_id]
    assert last_event().changes == {"hashed_password": ["(hidden)", "(hidden)"]}


def test_a_wrong_current_password_changes_nothing_and_slows_down(here: Actor) -> None:
    for _ in range(throttle.ACCOUNT_FREE):
        assert change_password(here, "not the password") is False
        assert (last_event().action, last_event().outcome) == ("account.password", "refused")
    assert isinstance(change_password(here, PASSWORD), float)
    assert last_event().outcome == "throttled"
    assert open_sessions() == 3


@pytest.mark.parametrize(
    ("new", "why"),
    [("short", "10 to 128"), ("password1234", COMMON), ("my staff pass", CONTAINS_ADDRESS)],
)
def test_the_rules_for_passwords_hold_here_too(here: Actor, new: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        change_password(here, PASSWORD, new)
    assert open_sessions() == 3


def test_who_is_no_longer_staff_changes_nothing(here: Actor, system: Actor) -> None:
    owner = make_user(system, "owner@example.com")
    stranger = Actor(id=owner.id, email=owner.email)
    acts: tuple[Callable[..., object], ...] = (
        account.list_sessions,
        account.end_other_sessions,
        account.begin_password_change,
    )
    for act in acts:
        with pytest.raises(Forbidden), transaction() as db:
            act(db, actor=stranger)
    with pytest.raises(TallyError), transaction() as db:
        account.begin_password_change(db, actor=system)


def test_the_sessions_of_nobody_cannot_be_ended(superuser: Actor) -> None:
    with pytest.raises(NotFound), transaction() as db:
        account.end_sessions_of(db, actor=superuser, user_id=999)


def test_the_same_name_again_changes_nothing(staff: Actor) -> None:
    with transaction() as db:
        user = account.rename(db, actor=staff, values={"full_name": staff.full_name})
    assert user.version == 1


def test_an_account_that_goes_in_between_is_missed(
    system: Actor, superuser: Actor, staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def allow_and_delete(*_: object) -> None:
        with transaction() as db:
            users.delete_user(db, actor=system, user_id=staff.id or 0, version=1)

    monkeypatch.setattr(account, "require_staff", allow_and_delete)
    with pytest.raises(NotFound), transaction() as db:
        account.rename(db, actor=staff, values={"full_name": "Nobody"})
