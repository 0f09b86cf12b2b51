"""Editing a row: the same steps, words and audit rows for users and for items."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db.models import AuditEvent, Item, User
from core.errors import Conflict, NotFound, VersionNeeded
from core.manage import items, users
from core.manage.row_editor import RowEditor

Editing = tuple[RowEditor[Any], User | Item, str]


@pytest.fixture(params=["user", "item"])
def editing(request: pytest.FixtureRequest, db: Session, system: Actor) -> Editing:
    """An editor, a row at version 1, and a field of it that holds text."""
    ann = users.create_user(db, actor=system, values={"email": "ann@example.com"})
    if request.param == "user":
        return users.EDITOR, ann, "full_name"
    values = {"title": "Lamp", "owner_id": ann.id}
    return items.EDITOR, items.create_item(db, actor=system, values=values), "description"


def noun(editing: Editing) -> str:
    return editing[1].__tablename__


def audited(db: Session) -> list[tuple[str, dict[str, Any]]]:
    events = db.scalars(select(AuditEvent).where(AuditEvent.action.startswith("test.")))
    return [(event.action, event.changes) for event in events]


def test_what_is_gone_is_named(editing: Editing, db: Session) -> None:
    editor, _, _ = editing
    with pytest.raises(NotFound, match=f"^This {noun(editing)} does not exist any more.$"):
        editor.lock(db, 404, 1)


def test_whoever_changes_a_row_says_what_they_read(editing: Editing, db: Session) -> None:
    editor, row, _ = editing
    with pytest.raises(VersionNeeded, match=f"which version of this {noun(editing)} you have"):
        editor.lock(db, row.id, None)


def test_whoever_comes_late_sees_the_row_of_now(
    editing: Editing, db: Session, system: Actor
) -> None:
    editor, row, field = editing
    editor.change(db, row, {field: "Theirs"}, actor=system, action="test.update")
    with pytest.raises(Conflict, match=f"changed this {noun(editing)} while") as conflict:
        editor.lock(db, row.id, 1)
    assert conflict.value.current.items() >= {field: "Theirs", "version": 2}.items()
    assert editor.lock(db, row.id, 2) is row


def test_a_change_tells_what_differs_and_counts_a_version(
    editing: Editing, db: Session, system: Actor
) -> None:
    editor, row, field = editing
    same = {name: value for name, value in editor.view(row).items() if name != field}
    changes = editor.change(db, row, same | {field: "New"}, actor=system, action="test.update")
    assert changes == {field: [None, "New"]}
    assert (row.version, getattr(row, field)) == (2, "New")
    assert audited(db) == [("test.update", changes)]


def test_a_change_of_nothing_is_none(editing: Editing, db: Session, system: Actor) -> None:
    editor, row, _ = editing
    assert not editor.change(db, row, editor.view(row), actor=system, action="test.update")
    assert row.version == 1
    assert audited(db) == []


def test_what_was_deleted_comes_back_as_it_was(
    editing: Editing, db: Session, system: Actor
) -> None:
    editor, row, _ = editing
    fields, version = editor.view(row), row.version
    stored = editor.delete(db, row, actor=system, action="test.delete", items=[3, 0])
    assert db.get(editor.model, stored["id"]) is None
    back = editor.add(db, editor.model(**stored), actor=system, action="test.restore")
    assert (editor.view(back), back.version) == (fields, version)
    assert back.stored() == stored
    (_, gone), (_, again) = audited(db)
    assert gone == {n: [v, None] for n, v in fields.items() if v is not None} | {"items": [3, 0]}
    assert again == {n: [None, v] for n, v in fields.items() if v is not None}
