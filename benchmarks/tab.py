"""Simulates an open page: a websocket that speaks Streamlit's protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Origin, Subprotocol

from benchmarks.remembered import Remembered
from dashboard.shell.screens import ANALYTICS

Query: TypeAlias = Mapping[str, str | int]

STREAM = "/_stcore/stream"
PATIENCE_SECONDS = 30
LARGEST_MESSAGE = 1 << 26
CHARTS = frozenset({"vega_lite_chart", "arrow_vega_lite_chart"})


class Trouble(Exception):
    """A page failed; the message is the kind of error, by which errors are counted."""


class Tab:
    """One page of a browser; the caller runs its timers."""

    def __init__(self, socket: ClientConnection, zone: str) -> None:
        self.pages: dict[str, str] = {}  # of the section Analytics: name by hash
        self.shown = ""  # the page's hash
        self.charts = 0  # drawn by the last run
        self.remembered = Remembered()
        self._socket = socket
        self._zone = zone
        self._page = ""
        self._query: Query = {}
        self._trouble = ""

    async def visit(self, page: str = "", query: Query | None = None) -> float:
        """Run a page, by its hash, with query parameters; return the seconds until it has finished.

        Raises `Trouble`; after that the tab is of no use any more.
        """
        self._page, self._query = page, query or {}
        seconds = await self._run(BackMsg())
        if page and self.shown != page:
            raise Trouble("another page than the one asked for")
        return seconds

    async def run_timer(self, fragment: str) -> float:
        """Run a part of the page whose timer is due; return the seconds, or raise `Trouble`."""
        self.remembered.restart_timer(fragment)
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = True
        return await self._run(message)

    async def _run(self, message: BackMsg) -> float:
        rerun = message.rerun_script
        rerun.page_script_hash, rerun.query_string = self._page, urlencode(self._query)
        rerun.context_info.timezone = self._zone
        rerun.context_info.locale = "en-GB"
        rerun.cached_message_hashes.extend(self.remembered.hashes)
        self._trouble, self.charts = "", 0
        started = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._socket.send(message.SerializeToString())
                while not self._is_finished(ForwardMsg.FromString(await self._receive())):
                    pass
        except TimeoutError as error:
            raise Trouble("no end within the time limit") from error
        except (OSError, WebSocketException) as error:
            raise Trouble("a lost connection") from error
        if self._trouble:
            raise Trouble(self._trouble)
        return time.perf_counter() - started

    async def _receive(self) -> bytes:
        data = await self._socket.recv(decode=False)
        return bytes(data)

    def _is_finished(self, message: ForwardMsg) -> bool:
        """Process a message; tell whether it is the last one of the run."""
        if message.WhichOneof("type") != "script_finished":
            self._take(message)
            return False
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return False  # a run that replaces it follows
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._trouble = "a page that cannot be read"
        self.remembered.end()
        return True

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self.remembered.begin(message.metadata.run.fragment_ids)
            case "navigation":
                self._list_pages(message.navigation)
            case "delta":
                if message.metadata.cacheable:
                    self.remembered.keep(message.hash, message.delta.fragment_id)
                self._look_at(message.delta.new_element)
            case "ref_hash":
                self.remembered.keep(message.ref_hash, "")
            case "auto_rerun":
                timer = message.auto_rerun
                self.remembered.set_timer(timer.fragment_id, timer.interval)
            case "stop_auto_rerun":
                self.remembered.stop_timers(message.stop_auto_rerun.fragment_ids)
            case "page_not_found":
                self._trouble = "a page that is not found"
            case "auth_redirect":
                self._trouble = "a session that has ended"

    def _list_pages(self, menu: Navigation) -> None:
        self.shown = menu.page_script_hash
        found = [page for page in menu.app_pages if page.section_header == ANALYTICS]
        self.pages = {page.page_script_hash: page.url_pathname for page in found}

    def _look_at(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self._trouble = f"an exception on the page: {element.exception.type}"
        if kind == "alert" and element.alert.format == Alert.ERROR:
            self._trouble = f"an error on the page: {element.alert.body[:80]}"
        self.charts += kind in CHARTS


@asynccontextmanager
async def opened(url: str, cookies: str = "", *, zone: str = "UTC") -> AsyncIterator[Tab]:
    """Open a page of a server with a session's cookies, in a time zone; raise `Trouble`."""
    try:
        socket = await connect(
            url.replace("http", "ws", 1) + STREAM,
            origin=Origin(url),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookies} if cookies else {},
            open_timeout=PATIENCE_SECONDS,
            max_size=LARGEST_MESSAGE,
        )
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise Trouble("a connection that is refused") from error
    try:
        yield Tab(socket, zone)
    finally:
        await socket.close()
