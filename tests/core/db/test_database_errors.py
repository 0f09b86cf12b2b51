"""What PostgreSQL cannot do is told as what it is, wherever an edit was made."""

from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.actor import Actor
from core.db import database_errors
from core.db import engine as db_engine
from core.db.engine import transaction
from core.embedded import disk
from core.errors import Unavailable
from tests.conftest import Sql, make_user, read_settings, restart

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '{}'; END $$"
CODES = {
    "53100": "disk is full",
    "53200": "out of memory",
    "53300": "no connection left",
    "53400": "one of its limits",
    "58030": "can't use its disk",
    "58P01": "can't use its disk",
    "25006": "read-only",
    "57P03": "starting up",
    "57014": "too long",
}


@pytest.mark.parametrize("code", CODES)
def test_each_has_a_sentence_of_its_own(environment: str, code: str) -> None:
    with pytest.raises(Unavailable, match=CODES[code]) as told, transaction() as db:
        db.execute(text(RAISE.format(code)))
    assert "nothing was saved" in told.value.message
    assert "cannot be reached" not in told.value.message


def test_a_database_that_only_reads(sql: Sql, environment: str, system: Actor) -> None:
    sql(
        f'ALTER DATABASE "{environment.rpartition("/")[2].partition("?")[0]}"'
        " SET default_transaction_read_only = on"
    )
    restart()
    with pytest.raises(Unavailable, match="read-only"):
        make_user(system, "ann@example.com")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("FATAL:  remaining connection slots are reserved for roles with", "no connection left"),
        ("FATAL:  the database system is starting up", "starting up"),
        ("FATAL:  the database system is in recovery mode", "starting up"),
        ("could not write init file: No space left on device", "disk is full"),
    ],
)
def test_who_is_refused_a_connection_learns_why(
    environment: str, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg2.OperationalError(said)

    restart()
    with monkeypatch.context() as patch:
        patch.setattr(psycopg2, "connect", refuse)
        with pytest.raises(Unavailable, match=told), transaction() as db:
            db.execute(text("SELECT 1"))


def test_who_finds_no_connection_of_our_own_learns_that(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_engine, "CONNECT_TIMEOUT_SECONDS", 1)
    engine = db_engine.get_engine()
    taken = [engine.connect() for _ in range(20)]
    with pytest.raises(Unavailable, match="no connection left"), transaction() as db:
        db.execute(text("SELECT 1"))
    for each in taken:
        each.close()


def test_an_embedded_server_that_is_gone_on_a_full_disk(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def message() -> str:
        gone = psycopg2.OperationalError("server closed the connection unexpectedly")
        with pytest.raises(Unavailable) as told, transaction():
            raise OperationalError("INSERT", {}, gone)
        return told.value.message

    monkeypatch.setattr(disk, "is_full", lambda _: True)
    assert message() == db_engine.AWAY, "another machine's disk"
    with monkeypatch.context() as patch:
        patch.delenv("DATABASE_URL")
        read_settings()
        assert message() == database_errors.DISK_FULL
        patch.setattr(disk, "is_full", lambda _: False)
        assert message() == db_engine.AWAY
    read_settings()


def test_room_is_that_of_the_folder_that_will_be_made(tmp_path: Path) -> None:
    free = disk.free_bytes(tmp_path / "not" / "there" / "yet")
    assert abs(free - disk.free_bytes(tmp_path)) < disk.FULL_BYTES
    assert disk.is_full(tmp_path) == (free < disk.FULL_BYTES)
