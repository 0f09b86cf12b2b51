"""Clients that send half, or take nothing: broken off in time, and in nobody else's way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import httpx2 as httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from dashboard.limits import patience
from dashboard.limits.patience import SIGNED_IN, PatientProtocol, WaitedFor
from tests.dashboard.conftest import free_port
from tests.dashboard.exports.downloading import wait_until

LARGE = b"x" * 20_000_000  # more than the buffers between here and there hold


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "REST_SECONDS", "TAKE_SECONDS"):
        monkeypatch.setattr(patience, name, 0.5)


@contextmanager
def serving(*, most: int = 1000) -> Iterator[int]:
    """A server with the protocol, on whose port the block may try what it likes."""

    async def read(request: Request) -> Response:
        return PlainTextResponse(f"{len(await request.body())}")

    async def read_signed_in(request: Request) -> Response:
        request.scope["state"][SIGNED_IN] = True
        return await read(request)

    async def refuse(_: Request) -> Response:
        return PlainTextResponse("no", 403)

    async def give(_: Request) -> Response:
        return Response(LARGE)

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for data in websocket.iter_bytes():
            await websocket.send_bytes(data)

    app = Starlette(
        routes=[
            WebSocketRoute("/page", echo),
            Route("/read", read, methods=["GET", "POST"]),
            Route("/mine", read_signed_in, methods=["POST"]),
            Route("/refuse", refuse, methods=["POST"]),
            Route("/give", give),
        ]
    )
    port = free_port()
    protocol = partial(PatientProtocol, waited_for=WaitedFor(most))
    config = uvicorn.Config(
        app,
        port=port,
        http=protocol,  # type: ignore[arg-type]
        loop="uvloop",
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        thread.join()


def connected(port: int, sent: bytes) -> socket.socket:
    """A client that has sent so much."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(sent)
    return client


def is_broken_off(client: socket.socket) -> bool:
    """Wait until the server ends the connection; tell whether it did so without an answer."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def seconds_until_broken_off(client: socket.socket) -> float:
    """Send a byte now and then for at most ten seconds; return how long that went well."""
    began = time.monotonic()
    with suppress(BrokenPipeError, ConnectionResetError):
        while time.monotonic() - began < 10:
            client.sendall(b"a")
            time.sleep(0.05)
    return time.monotonic() - began


HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"


@pytest.mark.parametrize(
    "half", [b"", b"G", HEAD % b"/read", HEAD % b"/read" + b"\r\nabc", HEAD % b"/mine" + b"\r\nabc"]
)
def test_half_of_a_request_is_broken_off(half: bytes) -> None:
    with serving() as port, connected(port, half) as client:
        began = time.monotonic()
        assert is_broken_off(client)
        assert time.monotonic() - began > 0.4


def test_a_request_byte_by_byte_has_no_longer() -> None:
    with serving() as port, connected(port, HEAD % b"/read") as client:
        assert seconds_until_broken_off(client) < 5


def test_a_body_byte_by_byte_is_too_slow() -> None:
    with serving() as port, connected(port, HEAD % b"/read" + b"\r\n") as client:
        assert seconds_until_broken_off(client) < 5


def test_a_body_that_comes_steadily_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BODY_SECONDS", 2.0)

    def steadily() -> Iterator[bytes]:
        for _ in range(15):
            yield b"a" * 1000
            time.sleep(0.2)

    with serving() as port:
        answer = httpx.post(f"http://127.0.0.1:{port}/read", content=steadily(), timeout=10)
        assert answer.text == "15000"


def test_who_goes_on_sending_after_the_answer_is_broken_off() -> None:
    with serving() as port, connected(port, HEAD % b"/refuse" + b"\r\nabc") as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 403")
        assert is_broken_off(client)


def test_who_takes_nothing_of_an_answer_is_broken_off(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as port, connected(port, b"GET /give HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        wait_until(lambda: "took none" in caplog.text)
        got = 0
        with suppress(ConnectionResetError):
            while piece := client.recv(1_000_000):
                got += len(piece)
        assert got < len(LARGE)


def test_too_many_half_sent_requests_are_in_nobody_s_way() -> None:
    most = 5
    with serving(most=most) as port:
        waiting = [connected(port, HEAD % b"/read") for _ in range(3 * most)]
        for _ in range(5):
            assert httpx.get(f"http://127.0.0.1:{port}/read", timeout=10).text == "0"
        assert is_broken_off(waiting[0])
        for client in waiting:
            client.close()


def test_a_websocket_owes_nothing_once_it_is_open() -> None:
    with serving(most=3) as port, ExitStack() as stack:
        pages = [
            stack.enter_context(connect(f"ws://127.0.0.1:{port}/page", proxy=None))
            for _ in range(6)
        ]
        time.sleep(1.5)
        for page in pages:
            page.send(b"hello")
            assert page.recv(timeout=10) == b"hello"


def test_of_too_many_the_one_waited_for_longest_of_the_worst_address_goes() -> None:
    gone: list[str] = []

    class Waiting:
        def __init__(self, name: str) -> None:
            self.name = name

        def break_off(self) -> None:
            gone.append(self.name)

    waited_for = WaitedFor(3)
    for address, name in (("1", "a"), ("2", "b"), ("2", "c"), ("3", "d")):
        waited_for.add(address, Waiting(name))  # type: ignore[arg-type]
    assert gone == ["b"]


def test_what_a_signed_in_person_sends_is_not_counted_with_strangers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "BODY_SECONDS", 10.0)
    with serving(most=3) as port:
        mine = connected(port, HEAD % b"/mine" + b"\r\n")
        for _ in range(5):
            mine.sendall(b"a" * 10_000)
            time.sleep(0.05)
        strangers = [connected(port, b"G") for _ in range(10)]
        for _ in range(3):
            time.sleep(0.05)
            mine.sendall(b"a" * 10_000)
        mine.sendall(b"a" * (1_000_000 - 80_000))
        assert mine.recv(1000).startswith(b"HTTP/1.1 200")
        for client in [mine, *strangers]:
            client.close()
