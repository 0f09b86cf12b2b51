"""Migrations: they lead from nothing to the models and back, and the models hold no more."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from core.db import engine, schema
from core.db.base import Base
from core.settings import ROOT
from tests.conftest import execute, on, restart, use


@pytest.fixture
def empty_database(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database without any table."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(postgres_url, f'CREATE DATABASE "{name}"')
    use(monkeypatch, url=on(postgres_url, name), folder=tmp_path)
    yield
    restart()
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def config() -> Config:
    """Alembic's configuration, as the documented commands find it."""
    return Config(toml_file=ROOT / "pyproject.toml")


def leftovers() -> list[str]:
    """What stands in the public schema, Alembic's own table aside."""
    query = """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT typname FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typname !~ '^_?alembic'
    """
    with engine.transaction() as db:
        return [name for name in db.scalars(text(query)) if "alembic_version" not in name]


def test_models_and_migrations_agree(environment: str) -> None:
    with engine.get_engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_up_from_nothing_and_down_to_nothing(empty_database: None) -> None:
    schema.upgrade()
    made = inspect(engine.get_engine()).get_table_names()
    command.downgrade(config(), "base")

    assert {"user", "item", "audit_event", "auth_session", "refresh_run"} <= set(made)
    assert leftovers() == []

    schema.upgrade()
    engine.get_engine().dispose()
    assert set(inspect(engine.get_engine()).get_table_names()) == set(made)


def test_upgrading_twice_changes_nothing(empty_database: None) -> None:
    schema.upgrade()
    schema.upgrade()

    assert inspect(engine.get_engine()).has_table("user")


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_the_upgrade_can_be_printed_as_sql(
    environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command.upgrade(config(), "head", sql=True)

    assert 'CREATE TABLE "user"' in capsys.readouterr().out


def test_texts_that_are_there_get_their_one_form(empty_database: None) -> None:
    command.upgrade(config(), "4c19b7f0a3d8")
    people = {
        1: ("ann@example.com", "Jose\u0301 \u00a0Ve\u0301lez\u200b"),
        2: ("Bob@Example.com", "Bob"),
        3: ("ｃａｒｌ@example.com", "\u3164"),
        4: ("ａnn@example.com", "two\nlines \u202egpj"),
        5: ("ｄora@example.com", None),
        6: ("ｄｏra@example.com", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
    }
    things = {
        1: ("\u200b", "line\r\nline\x07"),
        2: ("Lamp", "as it was\n\n  with blanks"),
        3: ("\U0001f468\u200d\U0001f469 \u2764\ufe0f", "\u2028"),
    }
    with engine.transaction() as db:
        for email, full_name in people.values():
            db.execute(
                text('INSERT INTO "user" (email, full_name, hashed_password) VALUES (:e, :n, :p)'),
                {"e": email, "n": full_name, "p": "!"},
            )
        for title, about in things.values():
            db.execute(
                text("INSERT INTO item (title, description, owner_id) VALUES (:t, :d, 1)"),
                {"t": title, "d": about},
            )
        db.execute(text("DELETE FROM change_note"))
    restart()
    schema.upgrade()
    with engine.transaction() as db:
        users = db.execute(text('SELECT email, full_name, version FROM "user" ORDER BY id')).all()
        items = db.execute(text("SELECT title, description, version FROM item ORDER BY id")).all()
        notes = db.execute(text("SELECT relation, updated FROM change_note ORDER BY 1, 2")).all()
        found = db.scalars(text("SELECT search_text FROM item ORDER BY id")).all()
    assert users == [
        ("ann@example.com", "José Vélez", 2),
        ("Bob@Example.com", "Bob", 1),
        ("carl@example.com", None, 3),  # its name and its address
        ("ａnn@example.com", "two lines gpj", 2),  # whose one form is Ann's
        ("ｄora@example.com", None, 1),  # as is that of the next
        ("ｄｏra@example.com", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", 1),
    ]
    assert items == [
        ("Untitled", "line\nline", 2),
        ("Lamp", "as it was\n\n  with blanks", 1),
        ("\U0001f468\u200d\U0001f469 \u2764\ufe0f", None, 2),
    ]
    assert notes == [("item", 2), ("user", 1), ("user", 3)]
    assert found == [None, None, "\U0001f468\U0001f469 \u2764 "]
