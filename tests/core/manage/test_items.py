"""Items: created, changed, deleted and restored, with an owner at every moment."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, Item
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.manage import items, users
from tests.conftest import actor_for, make_user


@pytest.fixture
def ann(system: Actor) -> int:
    return make_user(system, "ann@example.com").id


def make_item(db: Session, actor: Actor, title: str = "Lamp", **values: object) -> Item:
    return items.create_item(
        db, actor=actor, values={"title": title, "owner_email": "ann@example.com", **values}
    )


def test_staff_create_items_for_an_owner_named_by_address(
    ann: int, db: Session, staff: Actor
) -> None:
    item = make_item(db, staff, owner_email=" ANN@example.com ", description="  ")
    assert (item.owner_id, item.title, item.description, item.version) == (ann, "Lamp", None, 1)
    event = db.scalars(select(AuditEvent).where(AuditEvent.action == "item.create")).one()
    assert (event.actor, event.changes["title"]) == ("staff@example.com", [None, "Lamp"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"description": "x" * 1001}, "description"),
        ({"owner_email": "nobody@example.com"}, "owner_email"),
        ({"owner_email": ""}, "owner_email"),
        ({"owner_email": "not an address"}, "owner_email"),
    ],
)
def test_bad_input_is_named_by_its_field(
    values: dict[str, str], field: str, ann: int, db: Session, system: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        make_item(db, system, **values)
    assert list(refused.value.fields) == [field]


def test_limits_are_inclusive(ann: int, db: Session, system: Actor) -> None:
    item = make_item(db, system, title="x" * 255, description="é" * 1000)
    assert len(item.description or "") == 1000


def test_all_bad_fields_are_reported_at_once(db: Session, system: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        items.create_item(
            db, actor=system, values={"title": "", "owner_email": "", "description": "x" * 1001}
        )
    assert refused.value.fields.keys() == {"title", "owner_email", "description"}


def test_an_edit_of_an_item_changed_meanwhile_shows_both(
    ann: int, db: Session, system: Actor
) -> None:
    item = make_item(db, system)
    items.update_item(db, actor=system, item_id=item.id, version=1, values={"title": "First"})
    with pytest.raises(Conflict) as conflict:
        items.update_item(db, actor=system, item_id=item.id, version=1, values={"title": "Second"})
    assert conflict.value.current["title"] == "First"
    assert conflict.value.current["version"] == 2
    assert conflict.value.current["owner_email"] == "ann@example.com"


def test_an_item_can_change_hands(ann: int, db: Session, system: Actor) -> None:
    bob = users.create_user(db, actor=system, values={"email": "bob@example.com"})
    item = make_item(db, system)
    changed = items.update_item(
        db, actor=system, item_id=item.id, version=1, values={"owner_email": "bob@example.com"}
    )
    assert (changed.owner_id, changed.title) == (bob.id, "Lamp")


def test_a_deleted_item_can_be_brought_back(ann: int, system: Actor) -> None:
    with transaction() as db:
        item = make_item(db, system)
    with transaction() as db:
        removed = items.delete_item(db, actor=system, item_id=item.id, version=1)
        with pytest.raises(NotFound):
            items.get_item(db, actor=system, item_id=item.id)
    with transaction() as db:
        items.restore_item(db, actor=system, removed=removed)
    with transaction() as db:
        back = items.get_item(db, actor=system, item_id=item.id)
        assert (back.id, back.title, back.created_at) == (item.id, "Lamp", item.created_at)


def test_an_item_restored_twice_is_there_once(ann: int, system: Actor) -> None:
    with transaction() as db:
        item = make_item(db, system)
        removed = items.delete_item(db, actor=system, item_id=item.id, version=1)
    with transaction() as db:
        items.restore_item(db, actor=system, removed=removed)
    with transaction() as db:
        items.restore_item(db, actor=system, removed=removed)
        assert items.list_items(db, actor=system).count == 1


def test_an_item_whose_owner_went_cannot_be_brought_back(ann: int, system: Actor) -> None:
    with transaction() as db:
        item = make_item(db, system)
        removed = items.delete_item(db, actor=system, item_id=item.id, version=1)
        users.delete_user(db, actor=system, user_id=ann, version=1)
    with transaction() as db, pytest.raises(NotFound, match="owner"):
        items.restore_item(db, actor=system, removed=removed)


def test_search_finds_titles_literally_and_owners_by_address(
    ann: int, db: Session, system: Actor
) -> None:
    make_item(db, system, "100% wool")
    make_item(db, system, "snake_case")

    def found(text: str) -> list[str]:
        return sorted(i.title for i in items.list_items(db, actor=system, search=text).rows)

    assert found("%") == ["100% wool"]
    assert found("_") == ["snake_case"]
    assert found("WOOL") == ["100% wool"]
    assert found("Ann@example.com") == ["100% wool", "snake_case"]
    assert found("nobody@example.com") == []


def test_items_of_one_owner(ann: int, db: Session, system: Actor) -> None:
    users.create_user(db, actor=system, values={"email": "bob@example.com"})
    make_item(db, system)
    make_item(db, system, owner_email="bob@example.com")
    page = items.list_items(db, actor=system, owner_id=ann)
    assert [item.owner.email for item in page.rows] == ["ann@example.com"]
    assert page.count == 1


def test_who_is_not_staff_may_not_touch_items(ann: int, system: Actor) -> None:
    outsider = actor_for(make_user(system, "owner@example.com"))
    with transaction() as db, pytest.raises(Forbidden):
        items.list_items(db, actor=outsider)
    with transaction() as db, pytest.raises(Forbidden):
        make_item(db, outsider)
