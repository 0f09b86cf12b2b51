"""An open page ends with its session, wherever that was ended, and timers keep none alive."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.actor import Actor
from core.db import engine
from core.db.models import AuthSession
from core.errors import Unavailable
from core.sign_in import sessions
from core.sign_in.sessions import OpenSession
from dashboard.websockets.connections import POLL_SECONDS, SIGNED_OUT, Connection, Connections
from tests.dashboard.conftest import House, sign_in

ORIGIN = {"Origin": "http://testserver"}
STREAM = "/_stcore/stream"


@pytest.fixture
def insider(house: House) -> Iterator[TestClient]:
    with house.client() as client:
        sign_in(client)
        yield client


def test_signing_out_closes_every_open_page(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        insider.websocket_connect(STREAM, headers=ORIGIN) as one,
        insider.websocket_connect(STREAM, headers=ORIGIN) as two,
    ):
        begun = time.monotonic()
        insider.post("/sign-out", headers=ORIGIN)
        for websocket in (one, two):
            assert _led_to(websocket) == "/sign-in"
        assert time.monotonic() - begun < 1
    asked: list[object] = []
    monkeypatch.setattr(sessions, "keep_open", lambda _, **about: asked.append(about))
    time.sleep(1.5 * POLL_SECONDS)
    assert not asked, "no page of the session is known any more"


def test_a_session_ended_elsewhere_is_closed_within_a_second(insider: TestClient) -> None:
    with insider.websocket_connect(STREAM, headers=ORIGIN) as websocket:
        with engine.transaction() as db:
            db.execute(delete(AuthSession))
        begun = time.monotonic()
        assert _led_to(websocket).startswith("/sign-in?ended=elsewhere&for=")
        assert time.monotonic() - begun < 1


def test_other_sessions_stay_open(insider: TestClient, house: House) -> None:
    with insider.websocket_connect(STREAM, headers=ORIGIN) as stays:
        stays.send_bytes(b"first")
        stays.receive_json()
        cookies = dict(insider.cookies)
        insider.cookies.clear()
        sign_in(insider)
        insider.post("/sign-out", headers=ORIGIN)
        insider.cookies.update(cookies)
        time.sleep(0.7)
        stays.send_bytes(b"hello")
        assert stays.receive_bytes() == b"hello"


def test_use_of_an_open_page_keeps_the_session_open(insider: TestClient) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=11)
    with insider.websocket_connect(STREAM, headers=ORIGIN) as websocket:
        with engine.transaction() as db:
            db.execute(update(AuthSession).values(last_seen_at=long_ago))
        websocket.send_bytes(_rerun(is_auto_rerun=True))
        time.sleep(0.7)
        assert _last_seen() == long_ago
        websocket.send_bytes(_rerun(is_auto_rerun=False))
        time.sleep(0.7)
        assert _last_seen() > long_ago


def test_during_an_outage_pages_last_as_long_as_was_known(
    insider: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def away() -> Iterator[Session]:
        raise Unavailable(engine.AWAY)
        yield

    with engine.transaction() as db:
        soon = datetime.now(UTC) + timedelta(seconds=3)
        db.execute(update(AuthSession).values(expires_at=soon))
    house.visitors.forget_all()
    with insider.websocket_connect(STREAM, headers=ORIGIN) as websocket:
        websocket.send_bytes(b"first")
        websocket.receive_json()
        monkeypatch.setattr(engine, "transaction", away)
        time.sleep(0.7)
        websocket.send_bytes(b"still here")
        assert websocket.receive_bytes() == b"still here"
        assert _led_to(websocket).startswith("/sign-in?ended=expired&for=")


def test_a_database_that_cannot_answer_does_not_end_the_watch(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = engine.transaction

    @contextmanager
    def broken() -> Iterator[Session]:
        raise ProgrammingError("select", {}, Exception("no such table"))
        yield

    with insider.websocket_connect(STREAM, headers=ORIGIN) as websocket:
        websocket.send_bytes(b"first")
        websocket.receive_json()
        monkeypatch.setattr(engine, "transaction", broken)
        time.sleep(0.7)
        monkeypatch.setattr(engine, "transaction", transaction)
        with engine.transaction() as db:
            db.execute(delete(AuthSession))
        assert _led_to(websocket).startswith("/sign-in?ended=elsewhere&for=")


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), BaseException()])
def test_whatever_happens_to_one_look_the_next_one_closes_what_ended(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    keep_open, failed = sessions.keep_open, threading.Event()

    def fail_once(db: Session, **given: Any) -> object:
        if not failed.is_set():
            failed.set()
            raise error
        return keep_open(db, **given)

    with insider.websocket_connect(STREAM, headers=ORIGIN) as websocket:
        websocket.send_bytes(b"first")
        websocket.receive_json()
        monkeypatch.setattr(sessions, "keep_open", fail_once)
        assert failed.wait(5)
        with engine.transaction() as db:
            db.execute(delete(AuthSession))
        assert _led_to(websocket).startswith("/sign-in?ended=elsewhere&for=")


def test_after_the_end_nothing_gets_through_any_more(superuser: Actor) -> None:
    async def end() -> None:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "websocket.receive", "bytes": _rerun(is_auto_rerun=False)}

        connection = Connection(_session(superuser), receive, send)
        assert (await connection.receive())["type"] == "websocket.receive"
        assert connection.used
        await connection.close()
        await connection.close()
        await connection.send({"type": "websocket.send", "bytes": b"data"})
        assert (await connection.receive())["type"] == "websocket.disconnect"
        assert [message["type"] for message in sent] == ["websocket.send", "websocket.close"]

    asyncio.run(end())


def test_a_browser_that_is_gone_or_deaf_holds_up_nobody(
    superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.websockets.connections.SEND_SECONDS", 0.05)

    async def gone(_: Message) -> None:
        raise OSError("gone")

    async def deaf(_: Message) -> None:
        await asyncio.sleep(60)

    async def nothing() -> Message:
        return {"type": "websocket.receive"}

    async def end() -> None:
        connections = Connections()
        session = _session(superuser)
        one, two = Connection(session, nothing, gone), Connection(session, nothing, deaf)
        with connections.opened(one), connections.opened(two):
            await connections.close(session.actor.session_id)
        await connections.close(session.actor.session_id)

    asyncio.run(asyncio.wait_for(end(), 1))


def _rerun(*, is_auto_rerun: bool) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "q=1"
    message.rerun_script.is_auto_rerun = is_auto_rerun
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    ("message", "used"),
    [
        ({"type": "websocket.receive", "bytes": _rerun(is_auto_rerun=False)}, True),
        ({"type": "websocket.receive", "bytes": _rerun(is_auto_rerun=True)}, False),
        ({"type": "websocket.receive", "bytes": b"\xff\xff garbage"}, False),
        ({"type": "websocket.disconnect"}, False),
        ({"type": "websocket.receive", "bytes": b"x" * 100_000}, True),
    ],
)
def test_what_counts_as_use(superuser: Actor, message: Message, used: bool) -> None:
    async def receive() -> Message:
        return message

    async def send(_: Message) -> None:
        """Take no notice."""

    connection = Connection(_session(superuser), receive, send)
    assert asyncio.run(connection.receive()) == message
    assert connection.used is used


def _session(actor: Actor) -> OpenSession:
    return OpenSession(replace(actor, session_id=7), datetime.now(UTC) + timedelta(hours=1))


def _led_to(websocket: WebSocketTestSession) -> str:
    """Read on until the websocket is closed; return where the page is led before."""
    target = ""
    message = websocket.receive()
    while message["type"] == "websocket.send":
        if message.get("bytes"):
            target = ForwardMsg.FromString(message["bytes"]).auth_redirect.url
        message = websocket.receive()
    assert message == {"type": "websocket.close", "code": SIGNED_OUT, "reason": "Signed out"}
    return target


def _last_seen() -> datetime:
    with engine.transaction() as db:
        return db.scalars(select(AuthSession.last_seen_at)).one()


def test_while_nobody_is_here_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.websockets.connections.POLL_SECONDS", 0.01)
    connections, asked = Connections(), list[object]()

    async def watch_for_a_moment() -> None:
        watching = asyncio.create_task(connections.watch())
        await asyncio.sleep(0.1)
        assert not watching.done()
        watching.cancel()

    monkeypatch.setattr(engine, "transaction", lambda: asked.append(True))
    asyncio.run(watch_for_a_moment())
    assert not asked
