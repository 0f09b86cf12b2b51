"""Every place that takes a name, a title or an address: one rule, wherever it comes in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken, Item, User
from core.errors import TallyError
from core.manage import imports, items, users
from core.provision import setup
from core.sign_in import account, api_tokens
from dashboard.cli import app
from tests.conftest import PASSWORD, make_user
from tests.dashboard.conftest import House, Open, script
from tests.dashboard.sign_in.provider import Provider, go

TYPED = "\u00a0Jose\u0301 \n\u2003Ve\u0301lez\ufeff "
STORED = "Jos\u00e9 V\u00e9lez"
REFUSED = ["\u200b", "\u3164", "\u202eAnn", "Ann\x1b[31m", "Ann\ufdd0"]
ADDRESS, ONE_FORM = "\u2060ＪＯＳＥ@exa\u0308mple.com\u200b", "jose@exämple.com"
NO_ITEMS = "title,description,owner_email\n"
Place = Callable[[Path, Actor, str], None]


def new_user(folder: Path, actor: Actor, name: str) -> None:
    make_user(actor, "jose@example.com", full_name=name)


def changed_user(folder: Path, actor: Actor, name: str) -> None:
    user = make_user(actor, "jose@example.com")
    with transaction() as db:
        users.update_user(db, actor=actor, user_id=user.id, version=1, values={"full_name": name})


def own_name(folder: Path, actor: Actor, name: str) -> None:
    user = make_user(actor, "jose@example.com", is_staff=True)
    with transaction() as db:
        account.rename(db, actor=user.as_actor(), values={"full_name": name})


def first_user(folder: Path, actor: Actor, name: str) -> None:
    with transaction() as db:
        setup.create_superuser(
            db,
            actor=actor,
            email="jose@example.com",
            password=PASSWORD,
            full_name=name,
            promote=False,
        )


def imported_user(folder: Path, actor: Actor, name: str) -> None:
    load(folder, actor, f'email,full_name\njose@example.com,"{name}"\n')


def new_item(folder: Path, actor: Actor, name: str) -> None:
    make_user(actor, "ann@example.com")
    with transaction() as db:
        items.create_item(db, actor=actor, values={"title": name, "owner_email": "ann@example.com"})


def changed_item(folder: Path, actor: Actor, name: str) -> None:
    new_item(folder, actor, "Lamp")
    with transaction() as db:
        found = db.scalars(select(Item)).one()
        items.update_item(db, actor=actor, item_id=found.id, version=1, values={"title": name})


def imported_item(folder: Path, actor: Actor, name: str) -> None:
    load(
        folder,
        actor,
        "email,full_name\nann@example.com,\n",
        f'title,description,owner_email\n"{name}",,ann@example.com\n',
    )


def new_token(folder: Path, actor: Actor, name: str) -> None:
    user = make_user(actor, "ann@example.com", is_staff=True)
    with transaction() as db:
        values = {"name": name, "days": 1, "scopes": ["items:read"]}
        api_tokens.create_token(db, actor=user.as_actor(), values=values)


def load(
    folder: Path, actor: Actor, people: str, things: str = "title,description,owner_email\n"
) -> imports.Imported:
    """Import two files with these contents."""
    paths = folder / "users.csv", folder / "items.csv"
    for path, content in zip(paths, (people, things), strict=True):
        path.write_text(content, newline="")
    with transaction() as db:
        return imports.import_files(
            db, actor=actor, users=paths[0], items=paths[1], watch=lambda *_: None
        )


def stored() -> list[str]:
    """All names and titles there are."""
    with transaction() as db:
        columns = (User.full_name, Item.title, ApiToken.name)
        return [text for column in columns for text in db.scalars(select(column)) if text]


PLACES: list[Place] = [
    *(new_user, changed_user, own_name, first_user, imported_user),
    *(new_item, changed_item, imported_item, new_token),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_stored_in_its_one_form(tmp_path: Path, system: Actor, place: Place) -> None:
    place(tmp_path, system, TYPED)
    assert stored() == [STORED]


@pytest.mark.parametrize("place", PLACES)
def test_what_cannot_be_a_name_is_refused(tmp_path: Path, system: Actor, place: Place) -> None:
    for name in REFUSED:
        with pytest.raises(TallyError):
            place(tmp_path, system, name)
        remove_everybody()


def remove_everybody() -> None:
    """Delete what a place has made."""
    with transaction() as db:
        for user in db.scalars(select(User)):
            db.delete(user)


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/items"])
def test_programs_are_told_why(house: House, superuser: Actor, path: str) -> None:
    program = script(house, superuser)
    for name in REFUSED:
        values = {"email": "jose@example.com", "full_name": name}
        if path.endswith("items"):
            values = {"owner_email": superuser.email, "title": name}
        answer = program.post(path, json=values)
        assert answer.status_code == 422
        assert next(iter(answer.json()["errors"].values())).endswith(("seen.", "Remove it."))


def test_programs_are_warned_of_addresses_that_look_like_others(
    house: House, superuser: Actor
) -> None:
    program = script(house, superuser)
    (warning,) = program.post("/api/v1/users", json={"email": "\u0430nn@example.com"}).json()[
        "warnings"
    ]
    assert "Cyrillic and Latin" in warning
    assert program.post("/api/v1/users", json={"email": "ann@example.com"}).json()["warnings"] == []


def test_an_address_has_one_form_wherever_it_comes_in(
    tmp_path: Path, house: House, superuser: Actor
) -> None:
    program = script(house, superuser)
    made = program.post("/api/v1/users", json={"email": ADDRESS})
    assert made.json()["email"] == ONE_FORM
    assert program.post("/api/v1/users", json={"email": "jose@exämple.com"}).status_code == 422
    item = program.post("/api/v1/items", json={"title": "Lamp", "owner_email": ADDRESS})
    assert item.json()["owner_id"] == made.json()["id"]
    load(
        tmp_path,
        superuser,
        f"email,full_name\n{ADDRESS},José\n",
        f"title,description,owner_email\nDesk,,{ADDRESS}\n",
    )
    with transaction() as db:
        jose = users.find_by_email(db, ONE_FORM)
        assert jose is not None
        assert jose.full_name == "José"
        assert set(db.scalars(select(Item.owner_id))) == {made.json()["id"]}


def test_an_import_warns_of_addresses_that_look_like_others(tmp_path: Path, system: Actor) -> None:
    lines = [f"\u0430nn{number}@example.com,Ann" for number in range(7)]
    imported = load(tmp_path, system, "\n".join(["email,full_name", "bob@example.com,Bob", *lines]))
    assert imported.users_added == 8
    assert len(imported.warnings) == 6
    assert "users.csv: line 3: This address mixes Cyrillic and Latin" in imported.warnings[0]
    assert "7 addresses in all" in imported.warnings[-1]


def test_the_command_line_warns_of_an_address_that_looks_like_another(environment: str) -> None:
    command = ["create-superuser", "\u0430nn@example.com"]
    done = CliRunner().invoke(app, command, input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "Cyrillic and Latin" in done.output


@pytest.mark.parametrize(("claim", "name"), [(TYPED, STORED), *((odd, None) for odd in REFUSED)])
def test_a_provider_gives_a_name_or_none(
    acme: Provider, open_house: Open, claim: str, name: str | None
) -> None:
    acme.person |= {"email": "jose@example.com", "name": claim}
    go(open_house(create_users=True).client())
    with transaction() as db:
        made = db.scalars(select(User).where(User.email == "jose@example.com")).one()
        assert made.full_name == name
