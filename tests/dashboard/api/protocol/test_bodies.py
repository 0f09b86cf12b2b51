"""Bodies: small, plain and well-formed, or refused before anything is done with them."""

import gzip
import json
from collections.abc import Iterator

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from core.actor import Actor
from dashboard.api.protocol import bodies
from tests.dashboard.conftest import House, script, sign_in

ITEMS = "/api/v1/items"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(house: House, superuser: Actor) -> TestClient:
    return script(house, superuser)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"nonsense", 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"title": {"a": 1, "a": 2}}', 400),
        (b'{"title": NaN}', 400),
        (b'{"title": -Infinity}', 400),
        (b'{"title": ' + b"1" * 5000 + b"}", 400),
        (b'{"title": "\xff"}', 400),
        (b'\xef\xbb\xbf{"title": "a"}', 400),
        ('{"title": "a"}'.encode("utf-16"), 400),
        (b'{"a\\u0000b": 1}', 400),
        (b'{"\\ud800": 1}', 400),
        (b"[" * 10_000 + b"]" * 10_000, 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
        (b"[" * 40 + b"]" * 40, 400),
        (b'{"title": "' + b"a" * 65_536 + b'"}', 413),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b'{"title": 1e999, "owner_id": 1}', 422),
        (b'{"title": [[[]]], "owner_id": 1}', 422),
        (b'{"title": "\\u0000", "owner_id": 1}', 422),
        (b'{"title": "\\ud800", "owner_id": 1}', 422),
    ],
)
def test_what_is_no_good_json_is_refused(client: TestClient, body: bytes, status: int) -> None:
    response = client.post(ITEMS, content=body, headers=JSON)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"


def test_a_hundred_megabytes_are_not_even_read(client: TestClient) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            read.append(1)
            yield b" " * 1_000_000

    assert client.post(ITEMS, content=endless(), headers=JSON).status_code == 413
    length = JSON | {"Content-Length": str(100_000_000)}
    assert client.post(ITEMS, content=b"{}", headers=length).status_code == 413
    length = JSON | {"Content-Length": "9" * 1000}
    assert client.post(ITEMS, content=b"{}", headers=length).status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "x"])
def test_compressed_bodies_are_refused(client: TestClient, encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    response = client.post(ITEMS, content=bomb, headers=JSON | {"Content-Encoding": encoding})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", None]
)
def test_json_by_another_name_is_refused(house: House, staff: Actor, kind: str | None) -> None:
    person = house.client()
    sign_in(person, staff.email)
    body = json.dumps({"title": "Lamp", "owner_id": staff.id}).encode()
    headers = {} if kind is None else {"Content-Type": kind}
    response = person.post(ITEMS, content=body, headers=headers)
    assert response.status_code == 415
    assert person.get(ITEMS).json()["count"] == 0
    headers["Origin"] = "http://evil.example"
    assert person.post(ITEMS, content=body, headers=headers).status_code == 403


def test_a_charset_does_no_harm(client: TestClient, superuser: Actor) -> None:
    body = json.dumps({"title": "Lämpchen", "owner_id": superuser.id}, ensure_ascii=False).encode()
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post(ITEMS, content=body, headers=headers).status_code == 201


def test_depth_is_counted_over_objects_and_lists() -> None:
    deep: object = 1
    for _ in range(bodies.DEEPEST // 2):
        deep = [{"a": deep}]
    assert bodies.parse(json.dumps(deep).encode()) == deep
    with pytest.raises(HTTPException, match="too deeply"):
        bodies.parse(json.dumps([deep]).encode())
