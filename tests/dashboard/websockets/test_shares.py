"""One person's share: the page opened first goes with a word, and nobody else notices."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import cast

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

from core.actor import Actor
from dashboard.websockets import closed_pages, pace, shares
from dashboard.websockets.closed_pages import ClosedPages
from dashboard.websockets.pace import Pace
from dashboard.websockets.shares import CLOSED_PATH, Page, Shares
from tests.conftest import make_user, read_settings
from tests.dashboard.conftest import House, sign_in

ORIGIN = {"Origin": "http://testserver"}
STREAM = "/_stcore/stream"
OpenPage = Callable[[], WebSocketTestSession]
ANN = Actor(1, "ann@example.com")


@pytest.fixture
def insider(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser of somebody who may have two pages open, each of which leaves at once."""
    monkeypatch.setenv("OPEN_PAGES_PER_PERSON", "2")
    read_settings()
    monkeypatch.setattr(shares, "TOO_MANY", replace(shares.TOO_MANY, patience=0.0))
    monkeypatch.setattr(shares, "REFUSED_SECONDS", 0.0)
    with house.client() as client:
        sign_in(client)
        yield client


@pytest.fixture
def open_page(insider: TestClient) -> Iterator[OpenPage]:
    """Return a function that opens a page, which stays open until the test ends."""
    with ExitStack() as stack:

        def open_it() -> WebSocketTestSession:
            websocket = stack.enter_context(insider.websocket_connect(STREAM, headers=ORIGIN))
            websocket.send_bytes(b"first")
            websocket.receive_json()
            return websocket

        yield open_it


def answers(websocket: WebSocketTestSession) -> bool:
    websocket.send_bytes(b"hello")
    return websocket.receive_bytes() == b"hello"


def test_the_page_opened_first_is_led_to_why(open_page: OpenPage) -> None:
    first, second, third = (open_page() for _ in range(3))
    led = ForwardMsg.FromString(first.receive_bytes())
    assert led.auth_redirect.url == CLOSED_PATH
    with pytest.raises(WebSocketDisconnect) as end:
        first.receive_bytes()
    assert (end.value.code, end.value.reason) == (4429, "Too many pages are open")
    assert answers(second)
    assert answers(third)


def test_all_sessions_of_a_person_count_together_and_nobody_else_s(
    insider: TestClient, open_page: OpenPage, system: Actor
) -> None:
    pages = [open_page(), open_page()]
    make_user(system, "ben@example.com", is_staff=True)
    mine = dict(insider.cookies)
    insider.cookies.clear()
    sign_in(insider, "ben@example.com")
    others = [open_page(), open_page()]
    assert all(map(answers, [*pages, *others]))
    insider.cookies.clear()
    sign_in(insider)
    assert dict(insider.cookies) != mine
    third = open_page()
    assert ForwardMsg.FromString(pages[0].receive_bytes()).auth_redirect.url == CLOSED_PATH
    assert all(map(answers, [pages[1], third, *others]))


def test_who_opens_pages_without_end_is_refused_before_the_handshake_and_only_for_a_while(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "OPENED_A_SECOND", 0.001)  # none more on a slow machine either
    for _ in range(4):
        with insider.websocket_connect(STREAM, headers=ORIGIN):
            pass
    for _ in range(2):
        with pytest.raises(WebSocketDisconnect), insider.websocket_connect(STREAM, headers=ORIGIN):
            pass
    monkeypatch.setattr(shares, "OPENED_A_SECOND", 1e9)
    with insider.websocket_connect(STREAM, headers=ORIGIN):
        pass


def test_a_closed_page_says_why_and_leads_back(insider: TestClient) -> None:
    came_from = {"Referer": "http://testserver/items_by_user?q=ann&page=2"}
    answer = insider.get(CLOSED_PATH, headers=came_from)
    assert answer.status_code == 200
    assert "You can have 2 pages open at once" in answer.text
    assert 'href="/items_by_user?q=ann&amp;page=2"' in answer.text


@pytest.mark.parametrize("referer", ["", "https://evil.example//evil.example", CLOSED_PATH])
def test_a_closed_page_leads_nowhere_else(insider: TestClient, referer: str) -> None:
    answer = insider.get(CLOSED_PATH, headers={"Referer": referer})
    assert 'href="/">Open this page again' in answer.text


def test_what_comes_too_fast_is_read_later_and_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "MESSAGES_AT_ONCE", 5.0)
    monkeypatch.setattr(pace, "MESSAGES_A_SECOND", 100.0)
    sent = [b"%d" % number for number in range(20)]
    waiting: list[Message] = [{"type": "websocket.receive", "bytes": data} for data in sent]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else await asyncio.Future()

    async def read_all() -> list[bytes]:
        page = Page(Shares().of(ANN), receive, nowhere)
        return [(await page.receive())["bytes"] for _ in sent]

    began = time.monotonic()
    assert asyncio.run(read_all()) == sent
    assert time.monotonic() - began >= 0.14


def test_who_leaves_while_messages_wait_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MESSAGES_AT_ONCE", 1.0)
    monkeypatch.setattr(pace, "MESSAGES_A_SECOND", 0.1)
    message: Message = {"type": "websocket.receive", "bytes": b"1"}
    end: Message = {"type": "websocket.disconnect", "code": 1001}
    waiting = [message, message, message, end]

    async def receive() -> Message:
        return waiting.pop(0)

    async def leave() -> None:
        page = Page(Shares().of(ANN), receive, nowhere)
        assert await page.receive() == message
        assert await asyncio.wait_for(page.receive(), 1) == end

    asyncio.run(leave())


def test_a_program_that_floods_its_websocket_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MESSAGES_AT_ONCE", 1.0)
    monkeypatch.setattr(pace, "MESSAGES_A_SECOND", 0.1)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.receive", "bytes": b"1"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def flood() -> None:
        page = Page(Shares().of(ANN), receive, send)
        await page.receive()
        assert (await asyncio.wait_for(page.receive(), 5))["type"] == "websocket.disconnect"
        await page.send({"type": "websocket.send", "bytes": b"late"})
        page.close()

    asyncio.run(flood())
    assert not sent, "whoever floods hears no goodbye, for which the server would read on"


def test_so_many_pages_run_at_once_and_the_next_when_one_has_ended() -> None:
    async def run() -> None:
        mine = Pace()
        for page in range(pace.RUNS_AT_ONCE):
            await mine.wait(page, is_run=True)
        await mine.wait(0, is_run=True)  # which runs already
        await mine.wait("timer", is_run=False)
        following = asyncio.create_task(mine.wait("next", is_run=True))
        await asyncio.sleep(0.05)
        assert not following.done()
        mine.end_run(1)
        await asyncio.wait_for(following, 1)

    asyncio.run(run())


def test_a_run_that_takes_long_keeps_no_other_one_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "RUN_SECONDS", 0.05)

    async def run() -> None:
        mine = Pace()
        for page in range(pace.RUNS_AT_ONCE + 1):
            await asyncio.wait_for(mine.wait(page, is_run=True), 1)

    asyncio.run(run())


def test_a_page_tells_when_its_runs_begin_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "RUNS_AT_ONCE", 1)
    session = Session("a-session")
    monkeypatch.setattr(shares, "find_session", {"a-session": session}.get)
    begins, ends, run = ForwardMsg(), ForwardMsg(), BackMsg()
    begins.new_session.initialize.session_id = "a-session"
    ends.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    run.rerun_script.query_string = "q=1"

    async def receive() -> Message:
        return {"type": "websocket.receive", "bytes": run.SerializeToString()}

    async def look() -> None:
        share = Shares().of(ANN)
        page = Page(share, receive, nowhere)
        await page.receive()
        other = asyncio.create_task(share.pace.wait("another page", is_run=True))
        await asyncio.sleep(0.05)
        assert not other.done()
        await page.send({"type": "websocket.send", "bytes": begins.SerializeToString()})
        assert page.session is cast(AppSession, session)
        await page.send({"type": "websocket.send", "bytes": ends.SerializeToString()})
        await asyncio.wait_for(other, pace.RUN_SECONDS / 2)

    asyncio.run(look())


def test_few_closed_pages_are_kept_and_none_that_is_open_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = Runtime(active={"resumed"})
    monkeypatch.setattr(closed_pages, "runtime", runtime)
    monkeypatch.setattr(closed_pages, "MOST", 2)
    monkeypatch.setattr(closed_pages, "SECONDS", 0.1)

    async def close() -> None:
        kept = ClosedPages()
        sessions = {name: Session(name) for name in ("first", "resumed", "second", "third")}
        for name in ("first", "resumed", "second", "third", "second"):
            kept.add(sessions[name])  # type: ignore[arg-type]
        assert runtime.closed == ["first"]
        await asyncio.sleep(0.3)
        assert runtime.closed == ["first", "third", "second"]
        assert {name for name, each in sessions.items() if each.is_shut} == set(runtime.closed)

    asyncio.run(close())


class Session:
    """What a session of Streamlit's is asked."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.is_shut = False

    def shutdown(self) -> None:
        """Note it."""
        self.is_shut = True


class Runtime:
    """What Streamlit's runtime is asked of sessions."""

    def __init__(self, *, active: set[str]) -> None:
        self.active = active
        self.closed: list[str] = []

    def exists(self) -> bool:
        """There is one."""
        return True

    def get_instance(self) -> "Runtime":
        """This one."""
        return self

    def is_active_session(self, session_id: str) -> bool:
        """Whether a websocket is there for it."""
        return session_id in self.active

    def close_session(self, session_id: str) -> None:
        """Note it."""
        self.closed.append(session_id)


async def nowhere(_: Message) -> None:
    """Send nothing."""
