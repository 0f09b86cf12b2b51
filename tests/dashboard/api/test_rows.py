"""Users and items over the API: the same services, errors and audit as on the pages."""

import json
from collections.abc import Callable

import httpx2 as httpx
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import AuditEvent
from tests.conftest import make_user
from tests.dashboard.conftest import House, script, sign_in

USERS, ITEMS = "/api/v1/users", "/api/v1/items"
ANN = {"email": "Ann@Example.com", "full_name": "Ann"}
MISSING = f"{2**63 - 1}"


@pytest.fixture
def root(house: House, superuser: Actor) -> TestClient:
    """A program with all rights."""
    return script(house, superuser)


@pytest.fixture
def clerk(house: House, staff: Actor) -> TestClient:
    """A program of somebody who may manage items."""
    return script(house, staff)


def events(action: str) -> list[AuditEvent]:
    """The audit rows of one action, oldest first."""
    with engine.transaction() as db:
        query = select(AuditEvent).where(AuditEvent.action == action)
        return list(db.scalars(query.order_by(AuditEvent.id)))


def is_problem(response: httpx.Response, status: int) -> bool:
    """Whether an error has the one shape."""
    body = response.json()
    return (
        response.status_code == body["status"] == status
        and response.headers["content-type"] == "application/problem+json"
        and bool(body["title"])
        and bool(body["detail"])
    )


def test_a_user_from_creation_to_deletion(root: TestClient) -> None:
    made = root.post(USERS, json=ANN)
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    where = made.headers["location"]
    assert where == f"{USERS}/{made.json()['id']}"
    assert made.json()["email"] == "ann@example.com"
    assert "password" not in made.text
    changed = root.patch(where, json={"full_name": "Anna"}, headers={"If-Match": '"1"'})
    assert (changed.json()["full_name"], changed.headers["etag"]) == ("Anna", '"2"')
    assert root.get(where).json() == changed.json()
    assert is_problem(root.delete(where, headers={"If-Match": '"1"'}), 412)
    gone = root.delete(where, headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert is_problem(root.get(where), 404)
    assert [len(events(f"user.{verb}")) for verb in ("update", "delete")] == [1, 1]
    assert events("user.update")[0].token_id is not None


def test_an_item_from_creation_to_deletion(clerk: TestClient, staff: Actor, system: Actor) -> None:
    ann = make_user(system, "ann@example.com")
    made = clerk.post(ITEMS, json={"title": "Lamp", "owner_email": "ANN@example.com"})
    assert made.status_code == 201
    assert (made.json()["owner_id"], made.json()["owner_email"]) == (ann.id, ann.email)
    where = made.headers["location"]
    values = {"owner_id": staff.id, "title": "Red lamp"}
    changed = clerk.patch(where, json=values, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["owner_email"] == staff.email
    assert clerk.get(where).json() == changed.json()
    same = clerk.patch(where, json={}, headers={"If-Match": '"2"'})
    assert (same.json(), same.headers["etag"]) == (changed.json(), '"2"')
    assert clerk.delete(where, headers={"If-Match": '"2"'}).status_code == 204
    assert is_problem(clerk.get(where), 404)
    assert [e.actor for e in events("item.delete")] == [staff.email]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"title": "x"}, {"owner_email"}),
        ({"title": "x", "owner_id": 1, "owner_email": "a@b.org"}, {"owner_email"}),
        ({"title": "x", "owner_id": 10**15}, {"owner_id"}),
        ({"title": "x", "owner_id": 2**63}, {"owner_id"}),
        ({"title": "x", "owner_id": "1"}, {"owner_id"}),
        ({"title": "x", "owner_id": True}, {"owner_id"}),
        ({"title": "x", "owner_id": 1.5}, {"owner_id"}),
        ({"title": "x", "description": {}, "owner_id": 1}, {"description"}),
        ({"title": "x", "owner_email": "nobody@example.com"}, {"owner_email"}),
        ({"title": "", "owner_email": "not an address"}, {"title", "owner_email"}),
        ({"title": None, "owner_email": "staff@example.com"}, {"title"}),
        ({"title": "a\x00b", "owner_email": "staff@example.com"}, {"title"}),
        ({"title": "x", "description": "\ud800", "owner_email": "staff@example.com"}, None),
        ({"title": "x" * 256, "owner_email": "staff@example.com"}, {"title"}),
        ({"title": "x", "owner_email": "staff@example.com", "id": 7}, {"id"}),
    ],
)
def test_a_bad_item_is_refused_by_field(
    clerk: TestClient, values: dict[str, object], fields: set[str] | None
) -> None:
    headers = {"Content-Type": "application/json"}
    response = clerk.post(ITEMS, content=json.dumps(values), headers=headers)
    assert is_problem(response, 422)
    assert set(response.json()["errors"]) == (fields or {"description"})


def test_a_change_may_not_name_two_owners(clerk: TestClient, staff: Actor) -> None:
    made = clerk.post(ITEMS, json={"title": "Lamp", "owner_id": staff.id})
    values = {"owner_id": staff.id, "owner_email": staff.email}
    headers = {"If-Match": made.headers["etag"]}
    assert is_problem(clerk.patch(made.headers["location"], json=values, headers=headers), 422)


def test_lists_are_counted_bounded_and_newest_first(
    clerk: TestClient, staff: Actor, system: Actor
) -> None:
    ann = make_user(system, "ann@example.com")
    for number, owner in enumerate([ann.id, staff.id, ann.id]):
        clerk.post(ITEMS, json={"title": f"Lamp {number}", "owner_id": owner})

    def titles(**query: str | int) -> tuple[list[str], int]:
        body = clerk.get(ITEMS, params=query).json()
        assert set(body) == {"data", "count"}
        return [row["title"] for row in body["data"]], body["count"]

    assert titles() == (["Lamp 2", "Lamp 1", "Lamp 0"], 3)
    assert titles(skip=1, limit=1) == (["Lamp 1"], 3)
    assert titles(skip=10**9, limit=1000) == ([], 3)
    assert titles(owner_id=ann.id) == (["Lamp 2", "Lamp 0"], 2)
    assert titles(search="lamp 1") == (["Lamp 1"], 1)
    for literal in ("%", "_", "\\", '\'; drop table "user"; --'):
        assert titles(search=literal) == ([], 0)


@pytest.mark.parametrize("path", [USERS, ITEMS])
@pytest.mark.parametrize(
    "query",
    [
        {"skip": "-1"},
        {"skip": 10**12},
        {"skip": "NaN"},
        {"skip": "9" * 5000},
        {"skip": ""},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "1001"},
        {"limit": "inf"},
        {"limit": "1.5"},
        {"search": "a\x00"},
        {"search": "a" * 256},
        {"sort": "password"},
        {"owner_id": "0"},
        {"owner_id": 10**30},
    ],
)
def test_what_is_out_of_range_is_refused(
    root: TestClient, path: str, query: dict[str, str | int]
) -> None:
    response = root.get(path, params=query)
    assert is_problem(response, 422)
    assert set(response.json()["errors"]) == set(query)


@pytest.mark.parametrize("path", [USERS, ITEMS])
@pytest.mark.parametrize(
    ("identity", "status"),
    [
        ("0", 422),
        ("9" * 19, 422),
        ("9" * 20, 404),
        ("9" * 5000, 404),
        ("-1", 404),
        ("NaN", 404),
        ("1e3", 404),
        ("a%00b", 404),
        ("1;2", 404),
        ("1%2f2", 404),
        ("\u0661", 404),
    ],
)
def test_an_id_that_is_none_is_refused(
    root: TestClient, path: str, identity: str, status: int
) -> None:
    assert is_problem(root.get(f"{path}/{identity}"), status)


@pytest.mark.parametrize("path", [USERS, ITEMS])
def test_a_change_has_to_say_what_was_read(root: TestClient, superuser: Actor, path: str) -> None:
    if path == ITEMS:
        root.post(ITEMS, json={"title": "Lamp", "owner_id": superuser.id})
    body = root.get(path).json()["data"][0]
    where, values = f"{path}/{body['id']}", dict[str, str]()
    acts: tuple[Callable[..., httpx.Response], ...] = (
        lambda **o: root.patch(where, json=values, **o),
        lambda **o: root.delete(where, **o),
    )
    for act in acts:
        assert is_problem(act(), 428)
        for wrong in ("*", "1", '"1", "2"', "", '"', "1" * 10_000):
            assert is_problem(act(headers={"If-Match": wrong}), 400), wrong
        twice = [("If-Match", '"1"'), ("If-Match", '"1"')]
        assert is_problem(act(headers=twice), 400)
        for stale in ('"7"', 'W/"1"', '"x"', '"0"', f'"{"9" * 50}"', '"-1"'):
            assert is_problem(act(headers={"If-Match": stale}), 412), stale
    assert root.get(where).json() == body


@pytest.mark.parametrize("path", [USERS, ITEMS])
def test_what_is_not_there_is_404(root: TestClient, path: str) -> None:
    headers = {"If-Match": '"1"'}
    assert is_problem(root.get(f"{path}/{MISSING}"), 404)
    assert is_problem(root.patch(f"{path}/{MISSING}", json={}, headers=headers), 404)
    assert is_problem(root.delete(f"{path}/{MISSING}", headers=headers), 404)
    assert is_problem(root.get(f"{path}/"), 404)
    for method, where, allowed in (
        ("PUT", path, "GET, POST"),
        ("OPTIONS", f"{path}/1", "DELETE, GET, PATCH"),
        ("PATCH", f"{USERS}/me", "GET"),
    ):
        response = root.request(method, where)
        assert is_problem(response, 405)
        assert response.headers["allow"] == allowed


def test_a_taken_address_is_said_at_its_field(root: TestClient, superuser: Actor) -> None:
    response = root.post(USERS, json={"email": superuser.email.upper()})
    assert is_problem(response, 422)
    assert set(response.json()["errors"]) == {"email"}


def test_the_last_superuser_stays(root: TestClient, superuser: Actor) -> None:
    where, headers = f"{USERS}/{superuser.id}", {"If-Match": '"1"'}
    assert is_problem(root.patch(where, json={"is_superuser": False}, headers=headers), 403)
    assert is_problem(root.delete(where, headers=headers), 403)


def test_staff_who_reach_for_a_role_are_refused_and_it_is_audited(
    house: House, staff: Actor
) -> None:
    person = house.client()
    sign_in(person, staff.email)
    response = person.patch(f"{USERS}/{staff.id}", json={"is_superuser": True})
    assert is_problem(response, 403)
    (event,) = events("user.update")
    assert (event.outcome, event.actor, event.subject_type, event.subject_id) == (
        "refused",
        staff.email,
        "user",
        staff.id,
    )
    assert person.get(f"{USERS}/me").json()["is_superuser"] is False


@pytest.mark.parametrize(
    "act",
    [
        lambda c, _: c.get(USERS),
        lambda c, i: c.get(f"{USERS}/{i}"),
        lambda c, _: c.post(USERS, json=ANN),
        lambda c, i: c.patch(f"{USERS}/{i}", json={"full_name": "x"}, headers={"If-Match": '"1"'}),
        lambda c, i: c.delete(f"{USERS}/{i}", headers={"If-Match": '"1"'}),
    ],
)
@pytest.mark.parametrize("by", ["token", "session"])
def test_staff_do_nothing_to_users(
    house: House,
    clerk: TestClient,
    staff: Actor,
    superuser: Actor,
    act: Callable[[TestClient, int | None], httpx.Response],
    by: str,
) -> None:
    client = clerk
    if by == "session":
        client = house.client()
        sign_in(client, staff.email)
    assert is_problem(act(client, superuser.id), 403)


def test_each_scope_opens_its_own_and_nothing_else(house: House, superuser: Actor) -> None:
    reads = {
        "users:read": USERS,
        "items:read": ITEMS,
        "analytics:read": "/api/v1/analytics/active_users",
    }
    writes = {"users:write": USERS, "items:write": ITEMS}
    for scope in (*reads, *writes):
        client = script(house, superuser, scope)
        assert client.get(f"{USERS}/me").status_code == 200
        for name, path in reads.items():
            assert (client.get(path).status_code == 403) is (name != scope), (scope, path)
        for name, path in writes.items():
            status = client.post(path, json={}).status_code
            assert status == (422 if name == scope else 403), (scope, path)


def test_what_is_written_elsewhere_shows_in_the_version(
    root: TestClient, clerk: TestClient, staff: Actor
) -> None:
    made = clerk.post(ITEMS, json={"title": "Lamp", "owner_id": staff.id})
    where, headers = made.headers["location"], {"If-Match": made.headers["etag"]}
    assert root.patch(where, json={"title": "Mine"}, headers=headers).status_code == 200
    assert is_problem(clerk.patch(where, json={"title": "No, mine"}, headers=headers), 412)
    assert clerk.get(where).json()["title"] == "Mine"
