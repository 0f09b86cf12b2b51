"""The names Tally answers to, and the proxies it believes."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from dashboard.auth import gate
from dashboard.process import server
from dashboard.web.allowed_hosts import is_allowed
from tests.conftest import read_settings

Change = Callable[..., None]


@pytest.fixture
def setting(environment: str, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Return a function that changes settings."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        read_settings()

    return change


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True),
        ("localhost:8501", True),
        ("LOCALHOST.", True),
        ("127.0.0.1:1", True),
        ("[::1]:8501", True),
        ("tally.example.com", True),
        ("tally.internal:99", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("192.0.2.1", False),
        ("", False),
        ("a b", False),
        ("localhost:port", False),
        ("localhost@evil.example", False),
        ("0.0.0.0", False),  # noqa: S104
        (socket.gethostname(), False),
    ],
)
def test_names(setting: Change, host: str, allowed: bool) -> None:
    setting(
        PUBLIC_URL="https://Tally.example.com", ALLOWED_HOSTS="tally.internal, x", HOST="localhost"
    )
    assert is_allowed(host) is allowed


def test_listening_everywhere_allows_addresses_and_the_machine(setting: Change) -> None:
    setting(HOST="0.0.0.0")  # noqa: S104
    assert is_allowed("192.0.2.1:8501")
    assert is_allowed("[2001:db8::1]")
    assert is_allowed(socket.gethostname())
    assert not is_allowed("evil.example")
    setting(ALLOWED_HOSTS="*")
    assert is_allowed("evil.example")


def test_the_gate_refuses_other_names(insider: TestClient) -> None:
    answer = insider.get("/users", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.text) == (400, gate.NOT_OUR_NAME)
    headers = {"Host": "rebound.example", "Origin": "http://rebound.example"}
    cookies = "; ".join(f"{c.name}={c.value}" for c in insider.cookies.jar)
    with (
        pytest.raises(WebSocketDisconnect),
        insider.websocket_connect("/_stcore/stream", headers={**headers, "Cookie": cookies}),
    ):
        pass


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [("", "192.0.2.9"), ("198.51.100.0/24", "192.0.2.9"), ("10.0.0.1, 192.0.2.0/24", "1.2.3.4")],
)
def test_forwarded_headers_count_from_configured_proxies_alone(
    setting: Change, trusted: str, seen: str
) -> None:
    setting(FORWARDED_ALLOW_IPS=trusted)
    scopes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    config = server.configure()
    config.app = app
    config.load()
    headers = [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": ("192.0.2.9", 1), "scheme": "http", "headers": headers}
    asyncio.run(config.loaded_app(scope, None, None))
    assert scopes[0]["client"][0] == seen
    assert scopes[0]["scheme"] == ("https" if seen == "1.2.3.4" else "http")
