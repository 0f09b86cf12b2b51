"""The JSON API: complete, bounded in memory, truly described, and clear about what went wrong."""

from email.utils import parsedate_to_datetime

import polars as pl
import pytest
from starlette.testclient import TestClient

from core.actor import Actor
from core.analytics import metrics
from core.db import engine
from core.errors import Unavailable
from core.exports.formats import json_array
from core.manage import items
from core.snapshots import reader
from dashboard.api import api
from etl import refresh
from tests.conftest import make_user
from tests.dashboard.conftest import House, sign_in

OWNERS = "/api/v1/analytics/items_by_user"
ACTIVE = "/api/v1/analytics/active_users"


@pytest.fixture
def snapshot(superuser: Actor, system: Actor) -> reader.Snapshot:
    """A snapshot of two owners, with three items and one, and of users without any."""
    owners = [
        make_user(system, "zoe@example.com", full_name="Zoë 田中"),
        make_user(system, "b@x.org"),
    ]
    with engine.transaction() as db:
        for owner in (owners[0], owners[1], owners[0], owners[0]):
            items.create_item(
                db, actor=system, values={"title": "A thing", "owner_email": owner.email}
            )
    refresh.run(trigger="test")
    return reader.current()


def test_items_by_user_lists_every_owner(insider: TestClient, snapshot: reader.Snapshot) -> None:
    response = insider.get(OWNERS)
    assert response.headers["content-type"] == "application/json"
    assert response.json() == [
        {"email": "zoe@example.com", "item_count": 3},
        {"email": "b@x.org", "item_count": 1},
    ]
    as_of = parsedate_to_datetime(response.headers["last-modified"])
    assert as_of == snapshot.taken_at.replace(microsecond=0)


def test_active_users_tell_more_of_fewer(insider: TestClient, snapshot: reader.Snapshot) -> None:
    first, second = insider.get(ACTIVE).json()
    assert first.pop("user_id") < second.pop("user_id")
    assert first == {"email": "zoe@example.com", "full_name": "Zoë 田中", "item_count": 3}
    assert second == {"email": "b@x.org", "full_name": None, "item_count": 1}


def test_no_owners_make_an_empty_list(insider: TestClient) -> None:
    refresh.run(trigger="test")
    assert insider.get(OWNERS).json() == []
    assert insider.get(ACTIVE).json() == []


@pytest.mark.parametrize("path", [OWNERS, ACTIVE])
def test_before_the_first_snapshot_it_says_what_to_do(insider: TestClient, path: str) -> None:
    response = insider.get(path)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == reader.NONE_YET


@pytest.mark.parametrize("path", [OWNERS, ACTIVE, "/api/v1/openapi.json", "/api/v1/nothing"])
def test_without_a_session_nothing_is_told(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


def test_what_fails_while_computing_is_a_proper_error(
    insider: TestClient, snapshot: reader.Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> pl.DataFrame:
        raise Unavailable("Too slow.")

    monkeypatch.setattr(metrics, "active_users", slow)
    response = insider.get(ACTIVE)
    assert (response.status_code, response.json()["detail"]) == (503, "Too slow.")


def test_what_nobody_foresaw_is_told_without_its_insides(
    house: House, snapshot: reader.Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "active_users", lambda *_: 1 / 0)
    client = house.client(raise_server_exceptions=False)
    sign_in(client)
    response = client.get(ACTIVE)
    assert response.status_code == 500
    assert response.json()["detail"] == "Something went wrong in Tally."
    assert "division" not in response.text


def test_an_unknown_path_is_told_in_the_same_shape(insider: TestClient) -> None:
    response = insider.get("/api/v1/nothing")
    assert response.status_code == 404
    assert response.json() == {"title": "Not Found", "status": 404, "detail": "Not Found"}


def test_many_batches_are_one_array() -> None:
    frames = [pl.DataFrame({"n": [1, 2]}), pl.DataFrame({"n": []}), pl.DataFrame({"n": [3]})]
    assert b"".join(json_array.array(frames)) == b'[\n{"n":1},\n{"n":2},\n{"n":3}\n]\n'
    assert b"".join(json_array.array([])) == b"[]\n"


def test_the_description_is_served_and_loads_nothing_from_elsewhere(insider: TestClient) -> None:
    document = insider.get("/api/v1/openapi.json").json()
    operation = document["paths"]["/analytics/items_by_user"]["get"]
    assert set(operation["responses"]) == {"200", "401", "403", "429", "503"}
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["items"] == {"$ref": "#/components/schemas/OwnerCount"}
    assert "application/problem+json" in operation["responses"]["503"]["content"]
    assert api.docs_url is None
    assert api.redoc_url is None
