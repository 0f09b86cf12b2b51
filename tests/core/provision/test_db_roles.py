"""A database role for serving: it does all that pages do, and cannot touch what is in the audit."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import make_url, select

from core.actor import Actor
from core.db import engine, schema
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.errors import Invalid
from core.manage import items, users
from core.provision import db_roles
from etl import refresh
from tests.conftest import execute, restart, sign_in
from tests.pages.conftest import make_item

SECRET = uuid4().hex


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture
def role(postgres_url: str) -> Iterator[str]:
    """A role that owns nothing, of an awkward name."""
    name = f'tally "pages" {uuid4().hex[:8]}'
    execute(postgres_url, f"CREATE ROLE {quoted(name)} LOGIN PASSWORD '{SECRET}'")
    yield name
    execute(postgres_url, f"DROP ROLE {quoted(name)}")


@pytest.fixture
def served(
    environment: str, role: str, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Tally on a database that it serves as that role; the role's URL."""
    with transaction() as db:
        db_roles.grant(db, role=role)
    url = make_url(environment).set(username=role, password=SECRET)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    restart()
    yield url.render_as_string(hide_password=False)
    restart()
    execute(environment, f"DROP OWNED BY {quoted(role)}")


def test_all_that_serving_does_can_be_done(served: str, superuser: Actor) -> None:
    schema.upgrade()  # nothing to do, which takes no right
    with transaction() as db:
        begun = sign_in(db, superuser.email)
    assert begun
    make_item(superuser, superuser.email, "Desk lamp")
    with transaction() as db:
        page = items.list_items(db, actor=superuser)
        items.delete_item(db, actor=superuser, item_id=page.rows[0].id, version=1)
        values: dict[str, object] = {"email": "ann@example.com"}
        ann = users.create_user(db, actor=superuser, values=values)
        users.delete_user(db, actor=superuser, user_id=ann.id, version=1)
    assert refresh.run(trigger="test").status == "succeeded"
    make_item(superuser, superuser.email, "Floor lamp")
    assert refresh.run(trigger="test").mode == "incremental"
    with transaction() as db:
        assert "user.delete" in db.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'nobody'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TABLE audit_event",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = 'x'",
        'TRUNCATE "user" CASCADE',
        "CREATE TABLE mine (id int)",
    ],
)
def test_nothing_else_can_be_done(served: str, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege, match=r"permission denied|must be owner"):
        execute(served, statement)


def test_granting_again_takes_back_what_was_too_much(
    environment: str, role: str, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(environment, f"GRANT ALL ON audit_event TO {quoted(role)}")
    monkeypatch.setenv("DATABASE_URL", environment)
    restart()
    with transaction() as db:
        db_roles.grant(db, role=role)
    with pytest.raises(InsufficientPrivilege, match="permission denied"):
        execute(served, "DELETE FROM audit_event")


@pytest.mark.parametrize("name", ["nobody there", 'x"; DROP TABLE item; --'])
def test_a_role_that_is_not_there_is_named(environment: str, name: str) -> None:
    with pytest.raises(Invalid, match="There is no role"), transaction() as db:
        db_roles.grant(db, role=name)


def test_the_owner_cannot_be_narrowed(environment: str) -> None:
    owner = make_url(engine.database_url()).username or ""
    with pytest.raises(Invalid, match="owns"), transaction() as db:
        db_roles.grant(db, role=owner)
