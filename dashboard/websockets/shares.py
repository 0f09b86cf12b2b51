"""One person's share of this process: so many open pages, and how fast all of them may run.

So nobody is kept out by what somebody else has open.
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

# A browser that starts again, or gets its network back, opens all of its pages at once; twice.
OPENED_AT_ONCE, OPENED_A_SECOND = 2, 2.0  # the first is times as many as may be open
REFUSED_SECONDS = 3.0  # who is refused at once tries again at once, and that is dearer than waiting
LARGEST_PARSED = 65_536  # bytes; what is larger neither begins nor ends a run
CLOSED_PATH = "/page-closed"
TOO_MANY = Goodbye(CLOSED_PATH, code=4429, reason="Too many pages are open", patience=5.0)
FLOODED: Message = {"type": "websocket.disconnect", "code": 1008}

log = logging.getLogger(__name__)


class Shares:
    """The shares of all who have been here since the process began.

    It counts in this process alone: with several of them, each allows as many.
    """

    def __init__(self) -> None:
        self._shares: dict[int | None, Share] = {}
        self._log = SeldomLog(log)

    def of(self, actor: Actor) -> "Share":
        """Return the share of a person, who may have several sessions."""
        if actor.id not in self._shares:
            self._shares[actor.id] = Share(actor, self._log)
        return self._shares[actor.id]


class Share:
    """The open and the closed pages of one person."""

    def __init__(self, actor: Actor, log: SeldomLog) -> None:
        self.pace = Pace()
        self._actor = actor
        self._log = log
        self._open: dict[Page, Connection] = {}  # the one opened first comes first
        self._closed = ClosedPages()
        self._closing: set[asyncio.Task[None]] = set()
        self._opening = Bucket(OPENED_AT_ONCE * self._most, time.monotonic())

    @property
    def _most(self) -> int:
        return get_settings().open_pages_per_person

    async def may_open(self) -> bool:
        """Tell whether one more page may be opened now; who may not learns it late."""
        size = OPENED_AT_ONCE * self._most
        if not self._opening.take(rate=OPENED_A_SECOND, size=size, now=time.monotonic()):
            return True
        self._log.warning("User %s opens pages too fast, so some were refused", self._actor.id)
        await asyncio.sleep(REFUSED_SECONDS)
        return False

    @contextmanager
    def opened(self, page: "Page", connection: Connection) -> Iterator[None]:
        """Count a page from its accept to the end of the block."""
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
        """Return when the next message of a page may be handled."""
        if await self.pace.wait(page, is_run=is_run):
            self._log.warning("User %s runs pages too fast, so they wait", self._actor.id)

    def _add(self, page: "Page", connection: Connection) -> None:
        """Count one more open page, for which the one opened first goes when it is too many."""
        self._open[page] = connection
        while len(self._open) > self._most:
            self._close(next(iter(self._open)))

    def note_flood(self) -> None:
        """Note that a page was closed for what it sent."""
        self._log.warning("User %s sent too many messages, so a page was closed", self._actor.id)

    def _close(self, page: "Page") -> None:
        closing = asyncio.create_task(self._open.pop(page).close(TOO_MANY))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        text = "User %s has more than %s pages open, so the one opened first was closed"
        self._log.warning(text, self._actor.id, self._most)


class Left(Exception):
    """A websocket was closed before its page asked for anything."""


class Page:
    """One websocket of Streamlit, between the server and the `Connection`."""

    def __init__(self, share: Share, receive: Receive, send: Send) -> None:
        self.session: AppSession | None = None  # Streamlit's, known from the page's first run on
        self.on_accept: Callable[[], None] = _ignore
        self._share = share
        self._inbox = Inbox(receive)
        self._send = send
        self._first: Message | None = None
        self._is_flooded = False

    async def receive(self) -> Message:
        """Pass on what the browser sends, as fast as the person's share allows.

        Until then the server reads nothing more of this websocket, which holds up who sends.
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
            return FLOODED  # the server ends it; after a goodbye it would read on for ten seconds

    async def send(self, message: Message) -> None:
        """Pass on what the page sends, and note which run has begun or ended.

        Streamlit makes a session of each websocket that it has accepted, so that takes until the
        browser asks for something; raise `Left` when it never does.
        """
        if self._is_flooded:
            return
        with suppress(OSError):  # the browser has gone, which `receive` is about to tell
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
        """Read no more of it."""
        self._inbox.close()

    def _note(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = find_session(message.new_session.initialize.session_id)
        elif kind == "script_finished":
            self._share.pace.end_run(self)


def find_session(session_id: str) -> AppSession | None:
    """Return a session of Streamlit's that is open now."""
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
