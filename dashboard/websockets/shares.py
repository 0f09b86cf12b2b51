"""Limits each person's share of this process: the number of open pages, and how fast they run.

So nobody's open pages can keep others out.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

from core.actor import Actor
from core.settings import get_settings
from dashboard.limits.token_bucket import Bucket
from dashboard.web.rare_log import SeldomLog
from dashboard.websockets.closed_pages import ClosedPages
from dashboard.websockets.connections import Connection, Goodbye
from dashboard.websockets.inbox import Flooded, Inbox
from dashboard.websockets.pace import Pace

# A browser that restarts or reconnects opens all its pages at once. The burst allows that twice: it
# is OPENED_AT_ONCE times the number of pages that may be open.
OPENED_AT_ONCE, OPENED_A_SECOND = 2, 2.0
REFUSED_SECONDS = 3.0  # a refusal comes late, as the browser would try again at once
LARGEST_PARSED = 65_536  # bytes; a larger message neither begins nor ends a run
CLOSED_PATH = "/page-closed"
TOO_MANY = Goodbye(CLOSED_PATH, code=4429, reason="Too many pages are open", patience=5.0)
FLOODED: Message = {"type": "websocket.disconnect", "code": 1008}

log = logging.getLogger(__name__)


class Shares:
    """The shares of all people who have used this process since it started.

    It counts only this process: with several processes, each allows as much.
    """

    def __init__(self) -> None:
        self._shares: dict[int | None, Share] = {}
        self._log = SeldomLog(log)

    def of(self, actor: Actor) -> "Share":
        """Return a person's share; all their sessions have one in common."""
        if actor.id not in self._shares:
            self._shares[actor.id] = Share(actor, self._log)
        return self._shares[actor.id]


class Share:
    """One person's open and recently closed pages."""

    def __init__(self, actor: Actor, log: SeldomLog) -> None:
        self.pace = Pace()
        self._actor = actor
        self._log = log
        self._open: dict[Page, Connection] = {}  # in the order in which they were opened
        self._closed = ClosedPages()
        self._closing: set[asyncio.Task[None]] = set()
        self._opening = Bucket(OPENED_AT_ONCE * self._most, time.monotonic())

    @property
    def _most(self) -> int:
        return get_settings().open_pages_per_person

    async def may_open(self) -> bool:
        """Tell whether one more page may be opened now; a refusal takes `REFUSED_SECONDS`."""
        size = OPENED_AT_ONCE * self._most
        if not self._opening.take(rate=OPENED_A_SECOND, size=size, now=time.monotonic()):
            return True
        self._log.warning("User %s opens pages too fast, so some were refused", self._actor.id)
        await asyncio.sleep(REFUSED_SECONDS)
        return False

    @contextmanager
    def opened(self, page: "Page", connection: Connection) -> Iterator[None]:
        """Count a page from its websocket's accept to the end of the block."""
        page.on_accept = partial(self._add, page, connection)
        try:
            yield
        finally:
            self._open.pop(page, None)
            page.close()
            self.pace.end_run(page)
            if page.session:
                self._closed.add(page.session)

    async def admit(self, page: "Page", *, is_run: bool) -> None:
        """Wait until the next message of a page may be handled."""
        if await self.pace.wait(page, is_run=is_run):
            self._log.warning("User %s runs pages too fast, so they wait", self._actor.id)

    def _add(self, page: "Page", connection: Connection) -> None:
        """Count a page as open; if there are too many, close the one opened first."""
        self._open[page] = connection
        while len(self._open) > self._most:
            self._close(next(iter(self._open)))

    def note_flood(self) -> None:
        """Log that a page was closed because it sent too many messages."""
        self._log.warning("User %s sent too many messages, so a page was closed", self._actor.id)

    def _close(self, page: "Page") -> None:
        closing = asyncio.create_task(self._open.pop(page).close(TOO_MANY))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        text = "User %s has more than %s pages open, so the one opened first was closed"
        self._log.warning(text, self._actor.id, self._most)


class Left(Exception):
    """A websocket was closed before its page sent anything."""


class Page:
    """A page's websocket, between the server and the `Connection`."""

    def __init__(self, share: Share, receive: Receive, send: Send) -> None:
        self.session: AppSession | None = None  # Streamlit's; known after the first run has begun
        self.on_accept: Callable[[], None] = _ignore
        self._share = share
        self._inbox = Inbox(receive)
        self._send = send
        self._first: Message | None = None
        self._is_flooded = False

    async def receive(self) -> Message:
        """Pass on the browser's messages, as fast as the person's share allows.

        While a message waits, at most `MOST_WAITING` more are read ahead.
        """
        if self._first is not None:
            message, self._first = self._first, None
            return message
        message = await self._inbox.get()
        if message["type"] != "websocket.receive":
            return message
        admitted = self._share.admit(self, is_run=_is_run(message.get("bytes") or b""))
        try:
            return await self._inbox.end_during(admitted) or message
        except Flooded:
            self._is_flooded = True
            self._share.note_flood()
            return FLOODED  # ends it at once; a close handshake would read on for ten seconds

    async def send(self, message: Message) -> None:
        """Pass on the page's messages, and notice which run has begun or ended.

        Streamlit creates a session right after it accepts a websocket. So the accept returns only
        when the browser has sent something; it raises `Left` if the browser never does.
        """
        if self._is_flooded:
            return
        with suppress(OSError):  # the browser has left; `receive` will notice
            await self._send(message)
        if message["type"] == "websocket.accept":
            self.on_accept()
            self._first = await self.receive()
            if self._first["type"] == "websocket.disconnect":
                raise Left
        data = message.get("bytes") or b""
        if 0 < len(data) <= LARGEST_PARSED:
            with suppress(DecodeError):
                self._note(ForwardMsg.FromString(data))

    def close(self) -> None:
        """Stop reading the websocket."""
        self._inbox.close()

    def _note(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = find_session(message.new_session.initialize.session_id)
        elif kind == "script_finished":
            self._share.pace.end_run(self)


def find_session(session_id: str) -> AppSession | None:
    """Return the open Streamlit session with this id, or None."""
    return runtime.get_instance().get_app_session(session_id) if runtime.exists() else None


def _ignore() -> None:
    """Do nothing."""


def _is_run(data: bytes) -> bool:
    if len(data) > LARGEST_PARSED:
        return True
    try:
        return bool(BackMsg.FromString(data).WhichOneof("type") == "rerun_script")
    except DecodeError:
        return False
