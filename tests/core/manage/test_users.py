"""Users: created, changed and deleted by those who may, and nothing lost on the way."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access.hashing import UNUSABLE_PASSWORD, check_password
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, AuthSession, Item, User
from core.errors import Conflict, Forbidden, Invalid, NotFound, TallyError
from core.manage import items, users
from tests.conftest import PASSWORD, actor_for, make_user, sign_in

ROLES = [{"is_superuser": False}, {"is_staff": False}, {"is_active": False}]


def last_event(db: Session) -> AuditEvent:
    return db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()


def test_create_stores_a_hash_and_leaves_one_audit_row_without_it(
    db: Session, system: Actor
) -> None:
    values = {"email": "ann@example.com", "full_name": "Ann", "password": PASSWORD}
    user = users.create_user(db, actor=system, values=values)
    assert check_password(PASSWORD, user.hashed_password).matches
    event = last_event(db)
    assert (event.action, event.subject_id, event.actor) == ("user.create", user.id, "test")
    assert event.changes["email"] == [None, "ann@example.com"]
    assert PASSWORD not in str(event.changes)
    assert user.hashed_password not in str(event.changes)


def test_without_a_password_nobody_can_sign_in(db: Session, system: Actor) -> None:
    user = users.create_user(db, actor=system, values={"email": "owner@example.com"})
    assert user.hashed_password == UNUSABLE_PASSWORD
    assert not check_password(UNUSABLE_PASSWORD, user.hashed_password).matches


def test_one_address_is_one_identity_whatever_its_case(db: Session, system: Actor) -> None:
    users.create_user(db, actor=system, values={"email": "Ann@Example.com"})
    with pytest.raises(Invalid) as refused, db.begin_nested():
        users.create_user(db, actor=system, values={"email": "aNN@example.COM"})
    assert refused.value.fields == {"email": "Another user has this address already."}
    assert db.scalar(select(func.count()).select_from(User)) == 1


def test_an_address_cannot_be_changed_into_a_taken_one(db: Session, system: Actor) -> None:
    users.create_user(db, actor=system, values={"email": "ann@example.com"})
    bob = users.create_user(db, actor=system, values={"email": "bob@example.com"})
    with pytest.raises(Invalid, match="has this address already"), db.begin_nested():
        users.update_user(
            db, actor=system, user_id=bob.id, version=1, values={"email": "ANN@example.com"}
        )


def test_an_update_changes_what_is_given_and_nothing_else(db: Session, system: Actor) -> None:
    user = users.create_user(
        db, actor=system, values={"email": "ann@example.com", "full_name": "Ann", "is_staff": True}
    )
    changed = users.update_user(
        db, actor=system, user_id=user.id, version=1, values={"full_name": "Anna"}
    )
    assert (changed.email, changed.full_name, changed.is_staff) == ("ann@example.com", "Anna", True)
    assert changed.version == 2
    assert last_event(db).changes == {"full_name": ["Ann", "Anna"]}


def test_an_update_that_changes_nothing_leaves_no_trace(db: Session, system: Actor) -> None:
    user = users.create_user(db, actor=system, values={"email": "ann@example.com"})
    same = users.update_user(
        db, actor=system, user_id=user.id, version=1, values={"email": "ann@example.com"}
    )
    assert same.version == 1
    assert last_event(db).action == "user.create"


def test_an_edit_of_a_row_changed_meanwhile_shows_what_is_there_now(
    db: Session, system: Actor
) -> None:
    user = users.create_user(db, actor=system, values={"email": "ann@example.com"})
    users.update_user(db, actor=system, user_id=user.id, version=1, values={"full_name": "First"})
    with pytest.raises(Conflict) as conflict:
        users.update_user(
            db, actor=system, user_id=user.id, version=1, values={"full_name": "Second"}
        )
    assert conflict.value.current["full_name"] == "First"
    assert conflict.value.current["version"] == 2


def test_a_superuser_is_staff(db: Session, system: Actor) -> None:
    values = {"email": "ann@example.com", "is_superuser": True, "is_staff": False}
    assert users.create_user(db, actor=system, values=values).is_staff


@pytest.mark.parametrize("change", [*ROLES, {"password": "a new long password"}])
def test_losing_a_role_or_a_password_ends_the_sessions(
    change: dict[str, object], superuser: Actor, system: Actor
) -> None:
    other = make_user(system, "other@example.com", is_superuser=True)
    with transaction() as db:
        assert sign_in(db, "other@example.com")
    with transaction() as db:
        users.update_user(db, actor=superuser, user_id=other.id, version=1, values=change)
    with transaction() as db:
        assert db.scalar(select(func.count()).select_from(AuthSession)) == 0


def test_a_new_name_keeps_the_sessions(superuser: Actor) -> None:
    with transaction() as db:
        sign_in(db, "root@example.com")
        users.update_user(
            db, actor=superuser, user_id=superuser.id or 0, version=1, values={"full_name": "R"}
        )
        assert db.scalar(select(func.count()).select_from(AuthSession)) == 1


@pytest.mark.parametrize("change", ROLES)
def test_the_last_superuser_keeps_the_role(change: dict[str, object], superuser: Actor) -> None:
    with transaction() as db, pytest.raises(Forbidden, match="last active superuser"):
        users.update_user(db, actor=superuser, user_id=superuser.id or 0, version=1, values=change)


def test_the_last_superuser_cannot_be_deleted(superuser: Actor, system: Actor) -> None:
    with transaction() as db, pytest.raises(Forbidden, match="last active superuser"):
        users.delete_user(db, actor=system, user_id=superuser.id or 0, version=1)


def test_nobody_deletes_himself(superuser: Actor, system: Actor) -> None:
    make_user(system, "other@example.com", is_superuser=True)
    with transaction() as db, pytest.raises(Forbidden, match="cannot delete yourself"):
        users.delete_user(db, actor=superuser, user_id=superuser.id or 0, version=1)


def test_two_superusers_who_demote_each_other_at_once_leave_one(system: Actor) -> None:
    pair = [make_user(system, f"{name}@example.com", is_superuser=True) for name in "ab"]
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def demote(actor: User, target: User) -> None:
        barrier.wait()
        try:
            with transaction() as db:
                users.update_user(
                    db,
                    actor=actor_for(actor),
                    user_id=target.id,
                    version=1,
                    values={"is_superuser": False},
                )
            outcomes.append("done")
        except TallyError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=demote, args=(a, b)) for a, b in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as db:
        left = db.scalar(select(func.count()).where(User.is_superuser))
    assert left == 1, outcomes


def test_a_deletion_takes_the_items_along_and_can_be_undone(system: Actor) -> None:
    user = make_user(system, "ann@example.com", is_staff=True)
    with transaction() as db:
        item = items.create_item(
            db, actor=system, values={"title": "Lamp", "owner_email": "ann@example.com"}
        )
        assert users.count_items(db, actor=system, user_id=user.id) == 1
        removed = users.delete_user(db, actor=system, user_id=user.id, version=1)
        assert db.scalar(select(func.count()).select_from(Item)) == 0
        assert last_event(db).changes["items"] == [1, 0]
    assert removed.item_count == 1
    assert user.hashed_password not in repr(removed)
    with transaction() as db:
        users.restore_user(db, actor=system, removed=removed)
    with transaction() as db:
        back = items.get_item(db, actor=system, item_id=item.id)
        assert (back.title, back.owner.email, back.created_at) == (
            "Lamp",
            "ann@example.com",
            item.created_at,
        )
        assert check_password(PASSWORD, back.owner.hashed_password).matches


def test_a_user_whose_address_was_taken_meanwhile_is_not_restored(system: Actor) -> None:
    user = make_user(system, "ann@example.com")
    with transaction() as db:
        removed = users.delete_user(db, actor=system, user_id=user.id, version=1)
    make_user(system, "Ann@example.com")
    with transaction() as db, pytest.raises(Invalid), db.begin_nested():
        users.restore_user(db, actor=system, removed=removed)


def test_search_is_literal_and_finds_address_and_name(db: Session, system: Actor) -> None:
    for email, name in [("ann@example.com", "50% Ann"), ("bob_b@example.com", "Bob\\")]:
        users.create_user(db, actor=system, values={"email": email, "full_name": name})

    def found(text: str) -> list[str]:
        return [u.email for u in users.list_users(db, actor=system, search=text).rows]

    assert found("%") == ["ann@example.com"]
    assert found("_") == ["bob_b@example.com"]
    assert found("\\") == ["bob_b@example.com"]
    assert found("BOB") == ["bob_b@example.com"]
    assert found('\'; drop table "user"; --\x00') == []


def test_pages_are_cut_in_sql_newest_first(db: Session, system: Actor) -> None:
    made = [
        users.create_user(db, actor=system, values={"email": f"u{n}@example.com"}) for n in range(5)
    ]
    page = users.list_users(db, actor=system, skip=1, limit=2)
    assert [u.id for u in page.rows] == [made[3].id, made[2].id]
    assert (page.count, page.capped) == (5, False)
    assert users.list_users(db, actor=system, skip=-(10**12), limit=1).rows[0].id == made[4].id
    assert users.list_users(db, actor=system, skip=10**12).rows == []


@pytest.mark.parametrize(
    "call",
    [
        lambda db, who: users.list_users(db, actor=who),
        lambda db, who: users.get_user(db, actor=who, user_id=who.id),
        lambda db, who: users.create_user(db, actor=who, values={"email": "x@example.com"}),
        lambda db, who: users.update_user(
            db, actor=who, user_id=who.id, version=1, values={"is_superuser": True}
        ),
        lambda db, who: users.delete_user(db, actor=who, user_id=who.id, version=1),
        lambda db, who: users.count_items(db, actor=who, user_id=who.id),
    ],
)
def test_staff_see_and_change_no_users(
    call: Callable[[Session, Actor], object], db: Session, staff: Actor
) -> None:
    with pytest.raises(Forbidden):
        call(db, staff)


def test_a_role_that_was_lost_counts_at_once(superuser: Actor, system: Actor) -> None:
    other = actor_for(make_user(system, "other@example.com", is_superuser=True))
    with transaction() as db:
        users.update_user(
            db,
            actor=superuser,
            user_id=other.id or 0,
            version=1,
            values={"is_superuser": False},
        )
    with transaction() as db, pytest.raises(Forbidden):
        users.list_users(db, actor=other)


def test_who_is_gone_is_said_to_be_gone(db: Session, system: Actor) -> None:
    with pytest.raises(NotFound):
        users.get_user(db, actor=system, user_id=404)
    with pytest.raises(NotFound):
        users.delete_user(db, actor=system, user_id=404, version=1)


def test_unknown_fields_are_refused(db: Session, system: Actor) -> None:
    with pytest.raises(Invalid):
        users.create_user(db, actor=system, values={"email": "x@example.com", "id": 1})


def test_the_first_superuser_is_made_once(db: Session) -> None:
    assert users.ensure_first_superuser(db, email="root@example.com", password=PASSWORD)
    assert not users.ensure_first_superuser(db, email="other@example.com", password=PASSWORD)


def test_an_existing_user_can_become_the_first_superuser(db: Session, system: Actor) -> None:
    users.create_user(db, actor=system, values={"email": "ann@example.com"})
    assert users.ensure_first_superuser(db, email="Ann@example.com", password=PASSWORD)
    ann = users.find_by_email(db, "ann@example.com")
    assert ann is not None
    assert ann.is_superuser
    assert check_password(PASSWORD, ann.hashed_password).matches


def test_who_is_there_again_is_not_put_back_twice(system: Actor, superuser: Actor) -> None:
    ann = make_user(system, "ann@example.com")
    with transaction() as db:
        removed = users.delete_user(db, actor=superuser, user_id=ann.id, version=1)
    for _ in range(2):
        with transaction() as db:
            assert users.restore_user(db, actor=superuser, removed=removed).id == ann.id


def test_too_many_items_are_not_kept_for_undo(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "UNDO_ITEMS", 0)
    ann = make_user(system, "ann@example.com")
    with transaction() as db:
        items.create_item(db, actor=system, values={"title": "Lamp", "owner_email": ann.email})
        removed = users.delete_user(db, actor=superuser, user_id=ann.id, version=1)
    assert (removed.items, removed.item_count) == (None, 1)


def test_what_the_database_refuses_for_another_reason_is_no_field_of_a_form(
    db: Session, system: Actor
) -> None:
    user = users.create_user(db, actor=system, values={"email": "ann@example.com"})
    db.add(User(id=user.id, email="bo@example.com", hashed_password=""))
    db.expunge(user)
    with pytest.raises(IntegrityError):
        users.EDITOR.flush(db)
    db.rollback()
