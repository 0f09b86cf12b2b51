"""The live websockets of each session; they are closed within a second of the session's end."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio.to_thread
from anyio import CapacityLimiter
from google.protobuf.message import DecodeError
from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Message, Receive, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.actor import Actor
from core.db import engine
from core.errors import Unavailable
from core.sign_in import sessions
from core.sign_in.sessions import Ended, OpenSession
from core.telemetry.supervision import Watcher
from dashboard.websockets import session_end

SIGNED_OUT = 4401
POLL_SECONDS = 0.5
TOUCH_SECONDS = 60.0
SEND_SECONDS = 2.0
LARGEST_TIMER_MESSAGE = 65_536
DISCONNECT: Message = {"type": "websocket.disconnect", "code": SIGNED_OUT}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Goodbye:
    """How to end an open page: the path to redirect it to, and its websocket's close code.

    The page has `patience` seconds to follow the redirect. If it is still open when its websocket
    closes, it reconnects at once.
    """

    path: str
    code: int
    reason: str
    patience: float = 0.0


SIGN_IN = Goodbye("/sign-in", SIGNED_OUT, "Signed out")


def ended_for(actor: Actor, ended: Ended) -> Goodbye:
    """Return how to end the open pages of a session that ended without a sign-out."""
    return Goodbye(session_end.sign_in_path(actor, ended), SIGNED_OUT, SIGN_IN.reason)


class Connection:
    """A websocket between the server and the application, which can be closed from outside."""

    def __init__(self, session: OpenSession, receive: Receive, send: Send) -> None:
        self.session = session
        self.used = False
        self._receive = receive
        self._send = send
        self._closed = False
        self._said_goodbye = asyncio.Event()

    async def receive(self) -> Message:
        """Pass on the browser's messages until the session ends."""
        message = await self._receive()
        if self._closed:
            if message["type"] != "websocket.disconnect":
                await (
                    self._said_goodbye.wait()
                )  # returning earlier would close it before the redirect
            return DISCONNECT
        self.used = self.used or _is_use(message)
        return message

    async def send(self, message: Message) -> None:
        """Pass on the application's messages until the session ends."""
        if self._closed:
            return
        self._closed = message["type"] == "websocket.close"
        await self._send(message)

    async def close(self, goodbye: Goodbye = SIGN_IN) -> None:
        """Redirect the open page and close the websocket."""
        if self._closed:
            return
        self._closed = True
        leave = ForwardMsg()
        leave.auth_redirect.url = goodbye.path
        end = {"type": "websocket.close", "code": goodbye.code, "reason": goodbye.reason}
        with suppress(OSError, TimeoutError):  # the browser has left, or does not read
            async with asyncio.timeout(SEND_SECONDS + goodbye.patience):
                await self._send({"type": "websocket.send", "bytes": leave.SerializeToString()})
                await asyncio.sleep(goodbye.patience)
                await self._send(end)
        self._said_goodbye.set()


class Connections:
    """The live websockets of this process, by session."""

    def __init__(self) -> None:
        self.watcher = Watcher("The watch over ended sessions", every=POLL_SECONDS)
        self._live: defaultdict[int, set[Connection]] = defaultdict(set)
        self._ends_at: dict[int, datetime] = {}
        self._touched: dict[int, float] = {}
        self._asked = True
        self._thread = CapacityLimiter(1)

    @contextmanager
    def opened(self, connection: Connection) -> Iterator[None]:
        """List a connection for the duration of the block."""
        session_id = connection.session.actor.session_id or 0
        self._live[session_id].add(connection)
        self._ends_at[session_id] = connection.session.ends_at
        try:
            yield
        finally:
            self._live[session_id].discard(connection)
            if not self._live[session_id]:
                del self._live[session_id]
                self._ends_at.pop(session_id, None)
                self._touched.pop(session_id, None)

    async def close(self, session_id: int | None, goodbye: Goodbye = SIGN_IN) -> None:
        """Close all websockets of a session that has ended."""
        live = list(self._live.get(session_id or 0, ()))
        await asyncio.gather(*(connection.close(goodbye) for connection in live))

    async def watch(self) -> None:
        """Close the websockets of ended sessions until cancelled, whichever process ended them."""
        await self.watcher.run(self._look)

    async def _look(self) -> None:
        if self._live:
            await self._close_ended()

    async def _close_ended(self) -> None:
        actors = {key: next(iter(pages)).session.actor for key, pages in self._live.items()}
        session_ids = actors.keys()
        used = self._used_lately(session_ids)
        try:
            still_open = await anyio.to_thread.run_sync(
                _keep_open, session_ids, used, limiter=self._thread
            )
            self._asked = True
        except (Unavailable, SQLAlchemyError) as error:
            if self._asked:
                log.warning("The sessions of open pages cannot be checked: %s", error)
            self._asked = False
            # PostgreSQL is unreachable, so each session lasts until its last known end.
            now = datetime.now(UTC)
            still_open = {key: end for key, end in self._ends_at.items() if end > now}
        for session_id in session_ids - still_open.keys():
            await self.close(session_id, await self._find_goodbye(actors[session_id]))
        self._ends_at.update((key, still_open[key]) for key in still_open.keys() & self._live)

    async def _find_goodbye(self, actor: Actor) -> Goodbye:
        ended = Ended.EXPIRED
        with suppress(Unavailable, SQLAlchemyError):  # then assume that it expired
            ended = await anyio.to_thread.run_sync(_why_ended, actor, limiter=self._thread)
        return ended_for(actor, ended)

    def _used_lately(self, session_ids: Collection[int]) -> set[int]:
        now = time.monotonic()
        used = set()
        for session_id in session_ids:
            connections = self._live[session_id]
            waited = now - self._touched.get(session_id, 0.0) > TOUCH_SECONDS
            if waited and any(connection.used for connection in connections):
                used.add(session_id)
                self._touched[session_id] = now
                for connection in connections:
                    connection.used = False
        return used


def _keep_open(session_ids: Collection[int], used: Collection[int]) -> dict[int, datetime]:
    with suppress_instrumentation(), engine.transaction() as db:  # no spans, as it runs often
        return sessions.keep_open(db, session_ids=session_ids, used=used)


def _why_ended(actor: Actor) -> Ended:
    with engine.transaction() as db:
        return sessions.why_ended(db, actor=actor)


def _is_use(message: Message) -> bool:
    """Tell whether a message is a person's action; a page's timers keep no session alive."""
    data = message.get("bytes") or b""
    if len(data) > LARGEST_TIMER_MESSAGE:
        return True
    try:
        rerun = BackMsg.FromString(data).rerun_script
    except DecodeError:
        return False
    return bool(data) and not rerun.is_auto_rerun
