"""Alive is not ready, and only staff learn why."""

import pytest
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import database_errors, engine
from core.embedded import disk
from core.errors import Unavailable
from core.refreshes import rollback
from core.settings import get_settings
from core.snapshots import folders, reader
from core.snapshots.manifest import Broken
from dashboard.process import health
from etl import refresh
from tests.conftest import Sql, restart
from tests.dashboard.conftest import House, session_cookie, sign_in


def test_it_lives(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_once_there_is_a_snapshot(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FRESH_SECONDS", 60.0)
    with house.client() as client:
        response = client.get("/readyz")
        assert (response.status_code, response.json()) == (503, {"ready": False})
        refresh.run(trigger="test")
        assert client.get("/readyz").status_code == 503  # at most one look in so long
        monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
        response = client.get("/readyz")
        assert (response.status_code, response.json()) == (200, {"ready": True})


def test_staff_learn_what_is_missing(house: House) -> None:
    with house.client() as client:
        sign_in(client)
        assert client.get("/readyz").json() == {
            "ready": False,
            "database": health.FINE,
            "snapshot": reader.NONE_YET,
        }


def test_without_the_database_it_is_not_ready(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable(engine.AWAY)

    refresh.run(trigger="test")
    monkeypatch.setattr(engine, "transaction", away)
    with house.client(cookies={"tally_session_80": "a" * 43}) as client:
        response = client.get("/readyz")
        assert (response.status_code, response.json()) == (503, {"ready": False})
    assert health.check() == health.State(database=engine.AWAY, snapshot=health.FINE)


def test_a_database_that_only_reads_is_not_ready(sql: Sql, environment: str) -> None:
    refresh.run(trigger="test")
    assert health.check() == health.State(health.FINE, health.FINE)
    name = environment.rpartition("/")[2].partition("?")[0]
    sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    restart()
    assert health.check() == health.State(database_errors.READ_ONLY, health.FINE)
    assert health.check(writes=False).ready, "it is asked to write now and then"


def test_a_disk_that_fills_up_is_told_to_staff(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 200 * disk.MEGABYTE)
    with house.client() as client:
        sign_in(client)
        folder = get_settings().parquet_path
        assert client.get("/readyz").json()["trouble"] == [
            f"The disk of {folder} has only 200 MB left. Free some before edits and refreshes fail."
        ]


def test_writing_is_tried_now_and_then_and_again_at_once_after_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []

    def check(*, writes: bool) -> health.State:
        tried.append(writes)
        return health.State("away" if len(tried) < 3 else health.FINE, health.FINE)

    monkeypatch.setattr(health, "check", check)
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
    with house.client() as client:
        answers = [client.get("/readyz").status_code for _ in range(5)]
    assert answers == [503, 503, 200, 200, 200]
    assert tried == [True, True, True, False, False]


def test_data_that_was_set_back_and_damage_are_told_to_staff(
    house: House, superuser: Actor
) -> None:
    first = refresh.run(trigger="test").generation or 0
    second = refresh.run(trigger="test", full=True).generation or 0
    rollback.roll_back(actor=superuser, generation=first, seen=second)
    reader.condemn(reader.current().folder, Broken("it is empty"))
    state = health.check()
    damaged = folders.newest_first(get_settings().parquet_path)[1]
    assert [told.split(":")[0].split(" snapshot ")[0] for told in state.trouble] == [
        f"Snapshot {damaged.name} is damaged and not served",
        "Ruth Root set the data back to",
    ]


def test_a_wrong_cookie_learns_no_more(house: House) -> None:
    with house.client(cookies={"tally_session_80": "a" * 43}) as client:
        assert client.get("/readyz").json() == {"ready": False}
        sign_in(client)
        assert session_cookie(client)
