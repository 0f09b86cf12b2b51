"""The whole server, as processes of its own: real websockets, outages, copies, and a clean end."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2 as httpx
import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.actor import Actor
from core.db import schema
from core.embedded import server as embedded_server
from dashboard import streamlit_options
from etl import refresh
from tests.conftest import PASSWORD, execute, make_user, on, restart, use
from tests.dashboard.conftest import EMAIL, HTML, Server, form, running, session_cookie, sign_in


@pytest.fixture(scope="module")
def pair(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two copies of Tally on one database, as seen by one browser on one host."""
    name, folder = f"tally_test_{uuid4().hex[:8]}", tmp_path_factory.mktemp("pair")
    execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    with pytest.MonkeyPatch.context() as patch:
        use(patch, url=on(postgres_url, name), folder=folder)
        patch.setenv("OTEL_TRACES_EXPORTER", "console")
        make_user(Actor.system("test"), EMAIL, is_superuser=True, full_name="Ruth Root")
        refresh.run(trigger="test")
        restart()
        with running(folder) as one, running(folder) as two:
            yield one, two
        restart()
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def insider(pair: tuple[Server, Server]) -> Iterator[httpx.Client]:
    """A browser that is signed in at the first copy."""
    with pair[0].client() as client:
        assert sign_in(client).status_code == 303
        yield client


def open_page(server: Server, client: httpx.Client, **headers: str) -> ClientConnection:
    """Open the websocket of a page, as a browser would."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    sent = {"Origin": server.url, "Cookie": cookies, **headers}
    sent = {name: value for name, value in sent.items() if value}
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    return connect(address, additional_headers=sent, open_timeout=10)


def messages(page: ClientConnection) -> Iterator[ForwardMsg]:
    """What the server sends, until it closes."""
    while True:
        data = page.recv(timeout=20)
        assert isinstance(data, bytes)
        yield ForwardMsg.FromString(data)


def run_page(page: ClientConnection) -> list[ForwardMsg]:
    """Ask for one run of the page; return all that it sent."""
    rerun = BackMsg()
    rerun.rerun_script.query_string = ""
    page.send(rerun.SerializeToString())
    sent: list[ForwardMsg] = []
    for message in messages(page):
        sent.append(message)
        if message.WhichOneof("type") == "script_finished":
            return sent
    raise AssertionError


def seconds_until_closed(page: ClientConnection, begun: float) -> tuple[float, str]:
    """How long it took until the page was closed as signed out, and where it was led."""
    target = ""
    with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
        for message in messages(page):
            target = message.auth_redirect.url or target
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4401
    return time.monotonic() - begun, target


def test_a_page_knows_who_looks_at_it(pair: tuple[Server, Server], insider: httpx.Client) -> None:
    assert insider.get("/items_by_user", headers=HTML).status_code == 200
    with open_page(pair[0], insider) as page:
        sent = b"".join(message.SerializeToString() for message in run_page(page))
    assert b"Ruth Root" in sent
    assert session_cookie(insider).encode() not in sent


def test_signing_out_closes_open_pages_and_kills_copied_cookies(
    pair: tuple[Server, Server], insider: httpx.Client
) -> None:
    with open_page(pair[0], insider) as page, pair[0].client() as thief:
        thief.cookies.update(insider.cookies)
        assert thief.get("/", headers=HTML).status_code == 200
        begun = time.monotonic()
        insider.post("/sign-out", headers={"Origin": pair[0].url})
        taken, target = seconds_until_closed(page, begun)
        assert taken < 1
        assert target == "/sign-in"
        assert thief.get("/", headers=HTML).status_code == 303
        assert thief.get("/api/v1/analytics/items_by_user").status_code == 401
        with pytest.raises(InvalidStatus, match="403"):
            open_page(pair[0], thief)


def test_what_another_process_ended_is_closed_within_a_second(
    pair: tuple[Server, Server], insider: httpx.Client
) -> None:
    one, two = pair
    with open_page(one, insider) as page, two.client() as elsewhere:
        name = f"tally_session_{httpx.URL(two.url).port}"
        elsewhere.cookies.set(name, session_cookie(insider))
        begun = time.monotonic()
        assert elsewhere.post("/sign-out").status_code == 303
        assert seconds_until_closed(page, begun)[0] < 1


def test_two_copies_on_one_host_do_not_sign_each_other_out(pair: tuple[Server, Server]) -> None:
    with httpx.Client() as browser:  # its cookies know the host and not the port
        for server in pair:
            hidden = form(_At(browser, server))
            fields = {**hidden, "email": EMAIL, "password": PASSWORD}
            assert browser.post(f"{server.url}/sign-in", data=fields).status_code == 303
        for server in pair:
            assert browser.get(f"{server.url}/_stcore/health").status_code == 200


class _At:
    """A browser looking at one of several servers."""

    def __init__(self, browser: httpx.Client, server: Server) -> None:
        self.browser, self.server = browser, server

    def get(self, url: str, *, params: dict[str, str]) -> httpx.Response:
        return self.browser.get(f"{self.server.url}{url}", params=params)


@pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "http://localhost:1"])
def test_a_websocket_from_elsewhere_is_refused(
    pair: tuple[Server, Server], insider: httpx.Client, origin: str
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        open_page(pair[0], insider, Origin=origin)


def test_streamlits_own_routes_are_behind_the_gate(
    pair: tuple[Server, Server], insider: httpx.Client
) -> None:
    with pair[0].client() as stranger:
        for path in ("/_stcore/health", "/_stcore/host-config", "/static/index.html", "/media/x"):
            assert stranger.get(path).status_code == 401
        assert stranger.put("/_stcore/upload_file/a/b", content=b"x").status_code == 404
        assert stranger.get("/_stcore/metrics").status_code == 404
    assert insider.get("/_stcore/health").status_code == 200
    assert insider.get("/_stcore/metrics").status_code == 404
    assert insider.get("/_stcore/agent/interact").status_code in {403, 404, 405, 503}
    assert insider.get("/static/..%2f..%2fetc/passwd").status_code in {400, 404}
    assert insider.get(f"{pair[0].url}//evil").status_code in {400, 404}


def test_the_log_keeps_secrets(pair: tuple[Server, Server], insider: httpx.Client) -> None:
    hidden = form(insider)
    with open_page(pair[0], insider) as page:
        run_page(page)
    insider.post("/sign-out")
    deadline = time.monotonic() + 10
    while "POST /sign-out" not in (log := pair[0].log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "page overview" in log
    for secret in (PASSWORD, session_cookie_of(log), *hidden.values()):
        assert not secret or secret == "/" or secret not in log


def session_cookie_of(log: str) -> str:
    """Any cookie's value that a log line shows."""
    return log.partition("tally_session_")[2][:43]


def test_the_end_is_quick_and_clean(environment: str, superuser: Actor, tmp_path: Path) -> None:
    with running(tmp_path) as server, server.client() as client:
        sign_in(client)
        with open_page(server, client) as page:
            run_page(page)
            assert server.stop() < 10
        log = server.log.read_text()
    assert "Application shutdown complete" in log
    assert "Traceback" not in log


def test_it_starts_in_a_folder_of_its_own_choice_with_an_absent_database(
    environment: str, tmp_path: Path
) -> None:
    nowhere = "postgresql://tally:tally@127.0.0.1:1/tally"
    with running(tmp_path, DATABASE_URL=nowhere) as server, server.client() as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/", headers=HTML).headers["location"] == "/sign-in?next=%2F"
        response = sign_in(client)
        assert response.status_code == 503
        assert "The database cannot be reached" in response.text


@contextmanager
def own_postgres() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A server of the test's own: its URL, and what stops it and starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="tally-test-")) / "pg"
    held = [embedded_server.hold(folder)]
    url = held[0].url

    def start() -> None:
        held.append(embedded_server.hold(folder))
        assert held[0].url == url

    try:
        yield url, lambda: held.pop().end(), start
    finally:
        for hold in held:
            hold.end()
        shutil.rmtree(folder.parent)


def test_an_outage_ends_no_session_and_no_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with own_postgres() as (url, stop, start):
        use(monkeypatch, url=url, folder=tmp_path / "data")
        schema.upgrade()
        make_user(Actor.system("test"), EMAIL, is_superuser=True)
        refresh.run(trigger="test")
        restart()
        with running(tmp_path) as server, server.client() as client:
            sign_in(client)
            with open_page(server, client) as page:
                run_page(page)
                stop()
                time.sleep(1.5)
                _check_outage(server, client, page)
                start()
                time.sleep(2.5)
                assert client.get("/readyz").status_code == 200
                run_page(page)
            assert server.stop() < 10


def _check_outage(server: Server, client: httpx.Client, page: ClientConnection) -> None:
    begun = time.monotonic()
    run_page(page)
    assert client.get("/items_by_user", headers=HTML).status_code == 200
    assert client.get("/api/v1/analytics/items_by_user").json() == []
    with open_page(server, client) as second:
        run_page(second)
    assert client.get("/downloads/items_by_user.csv").status_code == 503
    assert client.post("/sign-out", headers=HTML).status_code == 503
    with server.client() as stranger:
        response = sign_in(stranger)
        assert response.status_code == 503
        assert "The database cannot be reached" in response.text
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("name", sorted(streamlit_options.REQUIRED))
def test_a_wrong_option_keeps_it_from_starting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    effective = {**streamlit_options.REQUIRED, name: "something else"}
    monkeypatch.setattr(st, "get_option", effective.__getitem__)
    with pytest.raises(streamlit_options.WrongOption, match=name):
        streamlit_options.check()
    monkeypatch.setattr(st, "get_option", streamlit_options.REQUIRED.__getitem__)
    streamlit_options.check()
