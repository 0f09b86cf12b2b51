"""Every column of users and items is in every place, except where `NOT_IN` says that it is not.

After a column was added to a model with a migration, these tests name what is left to do.
"""

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.analytics import columns as exported
from core.columns.column import Column
from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS
from core.db.models import Item, User
from core.manage import import_lines
from core.manage import items as item_service
from core.manage import users as user_service
from core.settings import ROOT
from dashboard.api.items import ItemOut
from dashboard.api.users import UserOut
from etl.extract.datasets import TABLES

NOUNS = {"item": (Item, ITEM_COLUMNS), "user": (User, USER_COLUMNS)}
COLUMNS = [(noun, column) for noun, (_, columns) in NOUNS.items() for column in columns]
EACH = pytest.mark.parametrize(
    ("noun", "column"), COLUMNS, ids=lambda value: getattr(value, "name", value)
)
UNDESCRIBED = {"item": {"version"}, "user": {"hashed_password", "version"}}  # set by services alone
NAMED_IN_LISTS = {"owner_email": "owner", "is_active": "active"}

TYPED = {"list", "form", "request", "audit", "import", "docs of imports"}
ID = TYPED - {"list"}  # PostgreSQL sets it
TIME = {"form", "request", "audit"}  # set by the services, and by imports
ROLE = {"list", "import", "docs of imports"}  # listed in one word for all, and never imported
NOT_IN = {
    "item.id": ID,
    "item.owner_id": {"list", "form", "import", "docs of imports"},  # people name the address
    "item.owner_email": {"audit", "parquet", "docs of parquet"},  # it is a column of users
    "item.created_at": TIME,
    "item.updated_at": TIME,
    "item.search_text": {"answer", "export", *TYPED},
    "user.id": ID,
    "user.is_staff": ROLE,
    "user.is_superuser": ROLE,
    "user.created_at": TIME,
    "user.updated_at": TIME,
    "user.search_text": {"answer", "export", *TYPED},
}


def schema(noun: str) -> list[str]:
    """The columns of a noun's snapshot."""
    return next(list(table.schema.names) for table in TABLES if table.name == noun)


def requested(noun: str) -> set[str]:
    """The fields of the forms that make and change a row."""
    made = {
        "item": [
            item_service.ItemForm.model_fields | item_service.ItemFormById.model_fields,
            item_service.ItemChange.model_fields | item_service.ItemChangeById.model_fields,
        ],
        "user": [user_service.UserForm.model_fields, user_service.UserChange.model_fields],
    }
    new, changed = made[noun]
    return set(new) & set(changed)


@cache
def listed(noun: str) -> set[str]:
    """The columns of the table that a page shows."""

    def page(noun: str) -> None:
        from core.db.models import Item, User
        from dashboard.ui import tables

        if noun == "item":
            tables.items([Item(id=1, title="Lamp", owner=User(email="ann@example.com"))])
        else:
            tables.users([User(id=1, email="ann@example.com")])

    at = AppTest.from_function(page, kwargs={"noun": noun}, default_timeout=30).run()
    assert not at.exception
    return set(at.dataframe[0].value.columns)


@cache
def drawn(noun: str) -> set[str]:
    """The fields of the form that a page shows."""

    def page(noun: str) -> None:
        from dashboard.manage import item_dialogs, user_dialogs
        from dashboard.ui.drafts import Draft
        from dashboard.ui.forms import Fields

        draw = item_dialogs.DIALOGS.draw if noun == "item" else user_dialogs.DIALOGS.draw
        draw(Fields(Draft(f"{noun}s", "create", {})))

    at = AppTest.from_function(page, kwargs={"noun": noun}, default_timeout=30).run()
    assert not at.exception
    widgets: list[Any] = [*at.text_input, *at.text_area, *at.checkbox]
    return {str(widget.key).rpartition("-")[2] for widget in widgets}


def documented(mark: str) -> set[str]:
    """The names in the row of `docs/data.md` that begins with a mark."""
    lines = (ROOT / "docs/data.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"| {mark}"))
    return set(re.findall(r"`(\w+)`", row))


PLACES: dict[str, Callable[[str], Collection[str]]] = {
    "list": lambda noun: listed(noun),
    "form": lambda noun: drawn(noun),
    "request": requested,
    "answer": lambda noun: ItemOut.model_fields if noun == "item" else UserOut.model_fields,
    "audit": lambda noun: {"item": item_service.FIELDS, "user": user_service.FIELDS}[noun],
    "import": lambda noun: [
        field.name
        for field in {"item": import_lines.ITEMS, "user": import_lines.USERS}[noun].fields
    ],
    "export": lambda noun: {"item": exported.ITEMS, "user": exported.USERS}[noun].names(),
    "parquet": schema,
    "docs of imports": lambda noun: documented(f"{noun}s "),
    "docs of parquet": lambda noun: documented(f"`{noun}s_analytics.parquet/`"),
}


def name(column: Column, place: str) -> str:
    """What a column is called in a place."""
    if place in {"export", "parquet", "docs of parquet"}:
        return column.file_name
    return NAMED_IN_LISTS.get(column.name, column.name) if place == "list" else column.name


@EACH
def test_a_column_is_in_every_place(noun: str, column: Column) -> None:
    lacking = {place for place, has in PLACES.items() if name(column, place) not in has(noun)}
    exempt = NOT_IN.get(f"{noun}.{column.name}", set())

    assert lacking - exempt == set(), f"missing in: {', '.join(sorted(lacking - exempt))}"
    assert exempt - lacking == set(), f"there after all: {', '.join(sorted(exempt - lacking))}"


@pytest.mark.parametrize("noun", NOUNS)
def test_every_column_of_the_tables_is_described(noun: str) -> None:
    model, columns = NOUNS[noun]
    described = {column.name for column in columns if column.source.class_ is model}

    assert set(model.__table__.columns.keys()) - described == UNDESCRIBED[noun]


@EACH
def test_what_may_be_typed_fits_into_the_table(noun: str, column: Column) -> None:
    forms = {"item": item_service.ItemForm, "user": user_service.UserForm}
    told = forms[noun].model_json_schema()["properties"].get(column.name, {})
    limits = [part["maxLength"] for part in told.get("anyOf", [told]) if "maxLength" in part]

    assert limits in ([], [getattr(column.source.type, "length", None)])


def test_a_text_that_is_imported_has_a_rule() -> None:
    assert [c.name for _, c in COLUMNS if c.imported and c.type is str and not c.typed] == []
