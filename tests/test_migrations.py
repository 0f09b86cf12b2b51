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

from core import database, schema
from core.models import Base
from core.settings import ROOT
from tests.conftest import execute, forget, on, use


@pytest.fixture
def empty_database(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database without any table."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(postgres_url, f'CREATE DATABASE "{name}"')
    use(monkeypatch, url=on(postgres_url, name), folder=tmp_path)
    yield
    forget()
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
    with database.transaction() as db:
        return [name for name in db.scalars(text(query)) if "alembic_version" not in name]


def test_models_and_migrations_agree(environment: str) -> None:
    with database.get_engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_up_from_nothing_and_down_to_nothing(empty_database: None) -> None:
    schema.upgrade()
    made = inspect(database.get_engine()).get_table_names()
    command.downgrade(config(), "base")

    assert {"user", "item", "audit_event", "auth_session", "refresh_run"} <= set(made)
    assert leftovers() == []

    schema.upgrade()
    database.get_engine().dispose()
    assert set(inspect(database.get_engine()).get_table_names()) == set(made)


def test_upgrading_twice_changes_nothing(empty_database: None) -> None:
    schema.upgrade()
    schema.upgrade()

    assert inspect(database.get_engine()).has_table("user")


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_the_upgrade_can_be_printed_as_sql(
    environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command.upgrade(config(), "head", sql=True)

    assert 'CREATE TABLE "user"' in capsys.readouterr().out
