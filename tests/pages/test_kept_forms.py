"""A form that the address brings: opened again for who typed in it, and nobody else."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core.actor import Actor
from core.db.engine import transaction
from core.manage import items
from dashboard.ui import form_tickets
from dashboard.ui.form_tickets import Ticket
from tests.pages.conftest import Open, field, press

TYPED = {"title": "Typed", "owner_email": "ann@example.com", "description": "so far"}


def brought(actor: Actor, ticket: Ticket, **typed: object) -> str:
    """What the script brings in the address."""
    return json.dumps({"ticket": form_tickets.issue(actor, ticket), "typed": {**TYPED, **typed}})


def titles(at: AppTest) -> list[str]:
    """The labels of the fields that are open."""
    return [f.label for f in (*at.text_input, *at.text_area)]


def test_it_is_open_again_with_what_was_typed(world: Actor, open_page: Open) -> None:
    at = open_page(world, "items", q="ann", form=brought(world, Ticket("items", "create", None, 0)))
    assert field(at, "Title").value == "Typed"
    assert field(at, "Description (optional)").value == "so far"
    assert dict(at.query_params) == {"q": "ann"}
    press(at, "Create")
    with transaction() as db:
        found = items.list_items(db, actor=world, search="Typed")
    assert [row.description for row in found.rows] == ["so far"]


def test_what_was_saved_meanwhile_is_not_lost(world: Actor, open_page: Open) -> None:
    with transaction() as db:
        row = items.list_items(db, actor=world, search="ann 1").rows[0]
        begun = Ticket("items", "edit", row.id, row.version)
        items.update_item(
            db, actor=world, item_id=row.id, version=row.version, values={"title": "Theirs"}
        )
    at = press(open_page(world, "items", form=brought(world, begun)), "Save changes")
    assert any("Nothing was saved" in warning.value for warning in at.warning)


@pytest.mark.parametrize(
    "form",
    ["", "{", "[]", '{"ticket": "x.y", "typed": {}}', '{"ticket": 1, "typed": 2}', "x" * 30_000],
)
def test_what_is_no_form_is_none(world: Actor, open_page: Open, form: str) -> None:
    at = open_page(world, "items", form=form)
    assert not at.exception
    assert "Title" not in titles(at)


def test_the_form_of_somebody_else_is_none(world: Actor, staff: Actor, open_page: Open) -> None:
    at = open_page(staff, "items", form=brought(world, Ticket("items", "create", None, 0)))
    assert "Title" not in titles(at)


def test_no_password_is_taken(world: Actor, open_page: Open) -> None:
    ticket = Ticket("users", "create", None, 0)
    at = open_page(world, "users", form=brought(world, ticket, password="x", is_staff=True))
    assert field(at, "Password (optional)").value == ""
    assert [box.value for box in at.checkbox if box.label.startswith("Staff")] == [True]
