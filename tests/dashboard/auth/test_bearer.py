"""Tokens open the API and nothing else, at once, and no longer than they should."""

import asyncio

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.actor import Actor
from core.db import engine
from core.db.models import ApiToken
from core.manage import users
from core.sign_in import api_tokens
from core.sign_in.sessions import OpenSession
from dashboard.auth import session_cache as room
from dashboard.auth.session_cache import Visitors
from tests.dashboard.conftest import House, script, session_cookie, sign_in

ME = "/api/v1/users/me"
SCOPES = {"name": "x", "days": 1, "scopes": ["items:read"]}


def token_of(client: TestClient) -> str:
    return client.headers["authorization"].removeprefix("Bearer ")


def test_a_token_needs_no_cookie_and_no_origin(house: House, staff: Actor) -> None:
    client = script(house, staff)
    assert client.get(ME).json()["email"] == staff.email
    values = {"title": "Lamp", "owner_id": staff.id}
    for headers in ({}, {"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/api/v1/items", json=values, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "path",
    ["/", "/users", "/downloads/items_by_user.csv", "/_stcore/health", "/api/v1", "/api/v2/x"],
)
def test_it_opens_nothing_but_the_api(house: House, staff: Actor, path: str) -> None:
    assert script(house, staff).get(path).status_code == 401


def test_it_opens_no_websocket(house: House, staff: Actor) -> None:
    client = script(house, staff)
    headers = {"Origin": "http://testserver"}
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/_stcore/stream", headers=headers),
    ):
        pass


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer tally_" + "0" * 49,
        "Bearer " + "a" * 100_000,
        "Bearer tally_\u00e9",
    ],
)
def test_what_is_no_token_is_refused_in_one_shape(house: House, value: str) -> None:
    response = house.client().get(ME, headers={b"Authorization": value.encode("latin-1")})
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_a_wrong_token_is_not_saved_by_a_session(house: House, insider: TestClient) -> None:
    assert insider.get(ME).status_code == 200
    assert insider.get(ME, headers={"Authorization": "Bearer x"}).status_code == 401
    assert insider.get(ME, headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_a_token_sent_twice_is_none(house: House, staff: Actor) -> None:
    value = script(house, staff).headers["authorization"]
    headers = [("Authorization", value), ("Authorization", value)]
    assert house.client().get(ME, headers=headers).status_code == 401


def test_a_session_is_no_token_and_a_token_no_session(house: House, staff: Actor) -> None:
    insider = house.client()
    sign_in(insider)
    cookie = session_cookie(insider)
    headers = {"Authorization": f"Bearer {cookie}"}
    assert house.client().get(ME, headers=headers).status_code == 401
    token = token_of(script(house, staff))
    headers = {"Cookie": f"tally_session_80={token}"}
    assert house.client().get(ME, headers=headers).status_code == 401


def test_the_application_never_sees_the_token(house: House, staff: Actor) -> None:
    client = script(house, staff)
    insider = house.client()
    sign_in(insider)
    echoed = insider.get("/echo", headers={"Authorization": client.headers["authorization"]})
    assert token_of(client) not in echoed.text


def test_revocation_holds_at_once(house: House, staff: Actor) -> None:
    with script(house, staff) as client:
        assert client.get(ME).status_code == 200
        with engine.transaction() as db:
            (row,) = api_tokens.list_tokens(db, actor=staff)
            api_tokens.revoke_token(db, actor=staff, token_id=row.id)
        assert client.get(ME).status_code == 401


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_deactivation_ends_token_and_session_at_once(
    house: House, staff: Actor, system: Actor, change: dict[str, bool]
) -> None:
    person = house.client()
    sign_in(person, staff.email)
    with script(house, staff) as client, person:
        assert (client.get(ME).status_code, person.get(ME).status_code) == (200, 200)
        with engine.transaction() as db:
            user = users.get_user(db, actor=system, user_id=staff.id or 0)
            users.update_user(
                db, actor=system, user_id=user.id, version=user.version, values=change
            )
        assert (client.get(ME).status_code, person.get(ME).status_code) == (401, 401)


def test_a_deletion_ends_it_at_once(house: House, staff: Actor, system: Actor) -> None:
    with script(house, staff) as client:
        assert client.get(ME).status_code == 200
        with engine.transaction() as db:
            users.delete_user(db, actor=system, user_id=staff.id or 0, version=1)
        assert client.get(ME).status_code == 401


def test_what_another_process_ended_is_noticed_within_a_second(staff: Actor) -> None:
    with engine.transaction() as db:
        made = api_tokens.create_token(db, actor=staff, values=dict(SCOPES))

    async def wait() -> None:
        scripts = Visitors(api_tokens.find_open)
        assert await scripts.find(made.token)
        with engine.transaction() as db:  # past the services: nobody is told
            db.delete(db.get_one(ApiToken, made.row.id))
        assert await scripts.find(made.token)
        await asyncio.sleep(room.FRESH_SECONDS)
        assert await scripts.find(made.token) is None

    asyncio.run(wait())


def test_an_answer_from_before_the_end_is_asked_for_again(staff: Actor) -> None:
    with engine.transaction() as db:
        made = api_tokens.create_token(db, actor=staff, values=dict(SCOPES))

    async def race() -> None:
        answers: list[OpenSession] = []

        def late(db: Session, *, token_hash: bytes) -> OpenSession | None:
            found = None if answers else api_tokens.find_open(db, token_hash=token_hash)
            if found:
                answers.append(found)
                scripts.forget_all()  # it ended after it was found to be open
            return found

        scripts = Visitors(late)
        assert await scripts.find(made.token) is None
        assert answers
        assert await scripts.find(made.token) is None, "nor was it remembered"

    asyncio.run(race())
