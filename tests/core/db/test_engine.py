"""The database: committed whole or not at all, and honest when it is away."""

import pytest
from sqlalchemy import func, select, text

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import User
from core.errors import Unavailable
from core.manage import users
from core.settings import get_settings
from tests.conftest import restart


def test_an_exception_rolls_everything_back(system: Actor) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as db:  # noqa: PT012
        users.create_user(db, actor=system, values={"email": "ann@example.com"})
        _ = 1 // 0
    with transaction() as db:
        assert db.scalar(select(func.count()).select_from(User)) == 0


def test_a_server_that_is_away_is_unavailable(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="Nothing was saved"), transaction() as db:
        db.execute(text("SELECT 1"))


def test_a_connection_that_is_lost_is_unavailable_and_the_next_one_works(environment: str) -> None:
    with pytest.raises(Unavailable), transaction() as db:  # noqa: PT012
        pid = db.scalar(text("SELECT pg_backend_pid()"))
        with transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        db.execute(text("SELECT 1"))
    with transaction() as db:
        assert db.scalar(text("SELECT 1")) == 1


def test_a_query_that_takes_too_long_is_stopped(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart()
    monkeypatch.setenv("QUERY_TIMEOUT_SECONDS", "0.2")
    assert get_settings().query_timeout_seconds == 0.2
    with pytest.raises(Unavailable, match="too long"), transaction() as db:
        db.execute(text("SELECT pg_sleep(5)"))


def test_time_is_utc(environment: str) -> None:
    with transaction() as db:
        assert db.scalar(text("SHOW timezone")) == "UTC"


LOSE = """
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER lost_in_commit AFTER INSERT ON "user"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose();
"""


def test_a_connection_lost_during_commit_does_not_say_that_nothing_was_saved(
    system: Actor,
) -> None:
    with transaction() as db:
        db.execute(text(LOSE))
    with pytest.raises(Unavailable) as caught, transaction() as db:
        users.create_user(db, actor=system, values={"email": "ann@example.com"})
    assert "check if it was saved" in caught.value.message
    assert "othing was saved" not in caught.value.message
