"""What the server's tests share: a small application behind the real gate, and real servers."""

import asyncio
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, Protocol

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.access import revocations
from core.actor import Actor
from core.db import engine
from core.sign_in import api_tokens
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from dashboard import api
from dashboard.auth.gate import Gate
from dashboard.auth.session_cache import Visitors
from dashboard.exports import routes
from dashboard.exports.uploads import Checks
from dashboard.process.health import Health
from dashboard.process.liveness import Liveness
from dashboard.process.watchdog import Watchdog
from dashboard.shell import freshness
from dashboard.sign_in.routes import SignInRoutes
from dashboard.sign_in.sso_routes import SingleSignOn
from dashboard.web.error_page import Unexpected
from dashboard.web.tracing import Tracing
from dashboard.websockets import page_closed, session_end
from dashboard.websockets.connections import Connections
from etl import refresh
from tests.conftest import PASSWORD, execute, make_user, read_settings
from tests.dashboard.sign_in.provider import Provider, providing

EMAIL = "root@example.com"
HIDDEN_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
HTML = {"Accept": "text/html"}
START_SECONDS = 60


@dataclass
class House:
    """The application under test, and what it keeps of visitors and websockets."""

    app: Starlette
    visitors: Visitors
    connections: Connections

    def client(self, **options: Any) -> TestClient:
        """A browser of its own; as a context manager, all that it does shares one event loop."""
        return TestClient(self.app, follow_redirects=False, **options)


Open = Callable[..., House]


@pytest.fixture(autouse=True)
def _nothing_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each run see what the test has just done, instead of what all sessions share."""
    monkeypatch.setattr(freshness, "SHARED_SECONDS", 0.0)


@pytest.fixture
def house(superuser: Actor) -> Iterator[House]:
    """Gate, sign-in, API, downloads and health as served, around routes that echo what they get."""
    with built() as house:
        yield house


@contextmanager
def built() -> Iterator[House]:
    """Build a house after the settings of this moment."""
    visitors, scripts, connections = Visitors(), Visitors(api_tokens.find_open), Connections()
    liveness = Liveness(Watchdog(0))
    disconnect = [revocations.connect(known.forget_all) for known in (visitors, scripts)]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(connections.watch())
        yield
        watch.cancel()

    sign_in_routes = SignInRoutes(visitors=visitors, connections=connections)
    app = Starlette(
        lifespan=lifespan,
        routes=[
            *sign_in_routes.routes(),
            *SingleSignOn(sign_in_routes=sign_in_routes).routes(),
            *Health(visitors=visitors, liveness=liveness).routes(),
            *routes.routes(),
            *Checks().routes(),
            *session_end.routes(),
            *page_closed.routes(),
            Mount(api.PREFIX, app=api.api),
            Route("/broken", broken),
            Route("/{path:path}", echo, methods=["GET", "POST", "PUT"]),
            WebSocketRoute("/_stcore/stream", echo_messages),
        ],
        middleware=[
            Middleware(Tracing),
            Middleware(Gate, visitors=visitors, scripts=scripts, connections=connections),
            Middleware(Unexpected),
        ],
    )
    yield House(app, visitors, connections)
    for each in disconnect:
        each()


@pytest.fixture
def client(house: House) -> TestClient:
    """A browser without a session."""
    return house.client()


@pytest.fixture
def insider(house: House) -> TestClient:
    """A browser that the superuser is signed in with."""
    client = house.client()
    sign_in(client)
    return client


@pytest.fixture
def snapshot(environment: str, system: Actor) -> Snapshot:
    """A snapshot of 2,000 owners with an item each, and of others."""
    execute(
        environment,
        """INSERT INTO "user" (email, hashed_password, full_name)
           SELECT n || '@example.com', '!', '=cmd|'' /C calc''!A' || n
           FROM generate_series(1, 2000) AS n""",
        """INSERT INTO item (title, owner_id)
           SELECT 'thing', id FROM "user" WHERE full_name LIKE '=cmd%'""",
    )
    make_user(system, "zero@example.com")
    refresh.run(trigger="test")
    return reader.current()


@pytest.fixture
def acme() -> Iterator[Provider]:
    """A provider that knows Ann."""
    with providing() as provider:
        yield provider


@pytest.fixture
def open_house(
    acme: Provider, superuser: Actor, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Return a function that builds Tally with the provider's options and further settings."""
    make_user(system, "ann@example.com", is_staff=True)
    with ExitStack() as stack:

        def build(settings: dict[str, str] | None = None, **options: object) -> House:
            given = {"link_by_email": True, **options}
            monkeypatch.setenv("SSO_PROVIDERS", acme.setting(**given))
            for name, value in (settings or {}).items():
                monkeypatch.setenv(name, value)
            read_settings()
            return stack.enter_context(built())

        yield build


@pytest.fixture
def visitor(open_house: Open) -> TestClient:
    """A browser in front of a Tally that links by address."""
    return open_house().client()


def script(house: House, actor: Actor, *scopes: str, **options: Any) -> TestClient:
    """A program that calls the API with a new token of the actor; all scopes when none is named."""
    form = {"name": "test", "days": 1, "scopes": list(scopes) or api_tokens.allowed_scopes(actor)}
    with engine.transaction() as db:
        made = api_tokens.create_token(db, actor=actor, values=form)
    return house.client(headers={"Authorization": f"Bearer {made.token}"}, **options)


async def echo(request: Request) -> Response:
    """Answer with what the gate let through."""
    return JSONResponse({"headers": dict(request.headers), "path": request.url.path})


async def broken(_: Request) -> Response:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError("a secret path: /etc/tally")


async def echo_messages(websocket: WebSocket) -> None:
    """Answer the first message with the headers of the handshake, send every other one back."""
    await websocket.accept()
    await websocket.receive_bytes()
    await websocket.send_json(dict(websocket.headers))
    try:
        while True:
            await websocket.send_bytes(await websocket.receive_bytes())
    except WebSocketDisconnect:
        pass


class Browser(Protocol):
    """Whatever pages can be read with."""

    def get(self, url: str, *, params: dict[str, str]) -> httpx.Response: ...


def form(client: Browser, **query: str) -> dict[str, str]:
    """The hidden fields of the sign-in form."""
    page = client.get("/sign-in", params=query)
    return {name: unescape(value) for name, value in HIDDEN_FIELD.findall(page.text)}


def sign_in(
    client: httpx.Client, email: str = EMAIL, password: str = PASSWORD, **query: str
) -> httpx.Response:
    """Open the form, fill it in and send it."""
    fields = {**form(client, **query), "email": email, "password": password}
    return client.post("/sign-in", data=fields, follow_redirects=False)


def session_cookie(client: httpx.Client) -> str:
    """The value of the session's cookie."""
    return next(c.value or "" for c in client.cookies.jar if "session" in c.name)


@dataclass
class Server:
    """A real Tally: where it listens, and its process."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def client(self) -> httpx.Client:
        """A browser of its own."""
        return httpx.Client(base_url=self.url)

    def stop(self) -> float:
        """End it as an operator would; return how many seconds that took."""
        begun = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=30)
        return time.monotonic() - begun


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Server]:
    """Start Tally on a free port, with more environment as keywords; it logs into `folder`."""
    with _started(folder, ["uvicorn", "dashboard.asgi:app"], environment) as server:
        yield server


@contextmanager
def served_alone(folder: Path, *, descriptors: int, **environment: str) -> Iterator[Server]:
    """The same by `tally serve`, which cares for connections, and with so many descriptors."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors // 2, descriptors))

    with _started(folder, ["dashboard.cli", "serve"], environment, limit) as server:
        yield server


@contextmanager
def _started(
    folder: Path,
    program: list[str],
    environment: dict[str, str],
    prepare: Callable[[], None] | None = None,
) -> Iterator[Server]:
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *program, "--port", str(port)],
            cwd=folder,  # anywhere but the repository
            env={**os.environ, "REFRESH_INTERVAL_MINUTES": "0", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=prepare,
        )
    server = Server(f"http://localhost:{port}", process, log)
    try:
        wait_for(server)
        yield server
    finally:
        process.kill()
        process.wait()


def wait_for(server: Server) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/healthz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"The server did not come up:\n{server.log.read_text()}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
