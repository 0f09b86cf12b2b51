"""Files to check: hashed and not kept, only for those who are signed in, and of a bearable size."""

import asyncio
import hashlib
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from core.actor import Actor
from dashboard.exports import uploads
from dashboard.exports.uploads import Checks
from tests.dashboard.conftest import HTML

ANN, BEN = Actor(1, "ann@example.com"), Actor(2, "ben@example.com")
CONTENT = b"a,b\r\n" * 500_000  # more than stays in memory


def test_a_file_leads_to_what_is_known_of_it(insider: TestClient) -> None:
    response = insider.post(uploads.PATH, files={"file": ("tally.csv", CONTENT)})
    assert response.status_code == 303
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert response.headers["location"] == f"/check_file?sha256={digest}"


def test_without_a_session_or_from_elsewhere_nothing_is_hashed(
    client: TestClient, insider: TestClient
) -> None:
    files = {"file": ("tally.csv", b"a")}
    assert client.post(uploads.PATH, files=files).status_code == 401
    evil = {"Origin": "https://evil.example"}
    assert insider.post(uploads.PATH, files=files, headers=evil).status_code == 403


def test_what_is_no_file_or_too_large_is_refused_in_words(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = insider.post(uploads.PATH, data={"file": "text"}, headers=HTML)
    assert (response.status_code, uploads.NO_FILE in response.text) == (422, True)
    monkeypatch.setattr(uploads, "LARGEST", 10)
    response = insider.post(uploads.PATH, files={"file": ("x", b"a")}, headers=HTML)
    assert (response.status_code, "paste its SHA-256" in response.text) == (413, True)


def test_bytes_count_and_not_what_is_said_of_them(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 100_000)
    sent = 0

    def form() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(1000):
            sent += 1
            yield b"a" * 1000

    headers = {**HTML, "Content-Type": "multipart/form-data; boundary=b"}
    response = insider.post(uploads.PATH, content=form(), headers=headers)  # chunked: no length
    assert (response.status_code, "paste its SHA-256" in response.text) == (413, True)


@pytest.mark.parametrize("cut", [0, 30, 100, 500])
def test_a_form_that_is_cut_short_has_no_hash(insider: TestClient, cut: int) -> None:
    whole = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + b"a" * 999
    headers = {**HTML, "Content-Type": "multipart/form-data; boundary=b"}
    response = insider.post(uploads.PATH, content=whole[:cut], headers=headers)
    assert (response.status_code, uploads.NO_FILE in response.text) == (422, True)


def test_the_first_file_counts_whatever_else_is_in_the_form(insider: TestClient) -> None:
    files = [("other", ("x", b"1")), ("file", ("y", b"2")), ("file", ("z", b"3"))]
    response = insider.post(uploads.PATH, files=files, data={"field": "text"})
    assert response.headers["location"].endswith(hashlib.sha256(b"2").hexdigest())


def test_few_of_one_person_at_once() -> None:
    checking = Checks()
    with checking.places.taken(ANN.id), checking.places.taken(ANN.id):
        mine = at(checking, ANN).post(uploads.PATH, files={"file": ("x", b"a")}, headers=HTML)
        assert (mine.status_code, uploads.OWN in mine.text) == (429, True)
        others = at(checking, BEN).post(uploads.PATH, files={"file": ("x", b"a")})
        assert others.status_code == 303
    again = at(checking, ANN).post(uploads.PATH, files={"file": ("x", b"a")})
    assert again.status_code == 303


def test_an_upload_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_SECONDS", 0.05)
    checking = Checks()

    async def receive() -> Message:
        return await asyncio.Future()

    async def upload() -> Response:
        headers = [(b"content-type", b"multipart/form-data; boundary=b"), (b"accept", b"text/html")]
        scope = {"type": "http", "method": "POST", "headers": headers, "user": ANN}
        return await checking.check(Request(scope, receive))

    response = asyncio.run(asyncio.wait_for(upload(), 5))
    assert (response.status_code, b"30 minutes" in bytes(response.body)) == (408, True)
    checking.places.check(ANN.id)


def at(checking: Checks, actor: Actor) -> TestClient:
    """A browser that somebody is signed in with."""
    app = Starlette(routes=checking.routes())

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "user": actor}, receive, send)

    return TestClient(signed_in, follow_redirects=False)
