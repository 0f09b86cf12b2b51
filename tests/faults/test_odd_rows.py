"""Rows that PostgreSQL holds and Parquet, or a text in UTF-8, cannot: said, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from core.actor import Actor
from core.analytics import explanations, metrics
from core.db import schema
from core.errors import Unavailable
from core.snapshots import reader
from etl import refresh
from tests.conftest import Sql, execute, make_user, on, restart, use


@pytest.fixture
def bytewise(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that takes any bytes for text, as old ones do; its URL."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(
        postgres_url,
        f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'",
    )
    url = on(postgres_url, name)
    use(monkeypatch, url=url, folder=tmp_path / "data")
    schema.upgrade()
    yield url
    restart()
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def test_text_that_is_not_utf_8(bytewise: str) -> None:
    make_user(Actor.system("test"), "ann@example.com")
    refresh.run(trigger="test")
    before = reader.current()
    with psycopg2.connect(bytewise) as connection, connection.cursor() as cursor:
        cursor.execute("SET client_encoding = 'SQL_ASCII'")
        cursor.execute(b"UPDATE \"user\" SET full_name = E'\\xff\\xfe'")
    connection.close()
    with pytest.raises(
        Unavailable, match=r"could not be read from PostgreSQL to its end: .*invalid byte sequence"
    ) as told:
        refresh.run(trigger="test")
    assert told.value.message.endswith("0xff. The last snapshot stays in use.")
    assert "PARQUET_DATA_PATH" not in told.value.message
    assert reader.current() == before
    with psycopg2.connect(bytewise) as connection, connection.cursor() as cursor:
        cursor.execute('UPDATE "user" SET full_name = NULL')
    connection.close()
    assert refresh.run(trigger="test").mode == "incremental"


@pytest.mark.parametrize("at", ["infinity", "-infinity", "0044-03-15 12:00 BC", "294276-12-31"])
def test_moments_beyond_all_calendars(sql: Sql, environment: str, at: str) -> None:
    sql("INSERT INTO \"user\" (email, hashed_password) VALUES ('ann@example.com', '!')")
    refresh.run(trigger="test")
    before = reader.current()
    sql("INSERT INTO item (title, owner_id, created_at) SELECT 'odd', id, %s FROM \"user\"", at)
    assert refresh.run(trigger="test").items == 1
    served = reader.current()
    assert served != before
    assert metrics.totals(served).items == 1
    assert metrics.created_per_day(served)["items"].sum() == 1
    assert explanations.explain(served, explanations.ask(served, "items")).count == 1
