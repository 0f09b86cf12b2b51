"""Limits how long the server waits for a client: a uvicorn protocol that aborts slow connections.

A client that sends half a request, or does not read its response, occupies a file descriptor, and
uvicorn itself waits for ever. The gate limits what one person may have open. Here nobody is
identified yet, and one address (an office, a proxy) may stand for many people. So no address is
refused. If too many clients make the server wait, the address with most of them loses the one that
has waited longest.
"""

import asyncio
import logging
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from dashboard.web.rare_log import SeldomLog

# What the client has yet to send. REST is a body that goes on after the response.
HEAD, BODY, REST = "head", "body", "rest"
HEAD_SECONDS = 10.0  # a request's head arrives in one or two packets
# A body may pause this long, and must arrive at this rate (bytes a second) on average.
BODY_SECONDS, LEAST_BODY_RATE = 20.0, 2_000
REST_SECONDS = 5.0  # nothing reads it; a browser that has the response stops sending
TAKE_SECONDS = 30.0  # to read 64 kB of buffered response; a download must be five times as fast
GIVEN_UP = {
    HEAD: "A request was broken off, as its head did not come from %s in time",
    BODY: "A request was broken off, as its body did not come from %s in time",
    REST: "A request was broken off, as %s went on sending after the answer",
}
SIGNED_IN = "tally.signed_in"  # the key that the gate sets in the state of the request's scope

log = logging.getLogger(__name__)


class WaitedFor:
    """The connections that the server waits for, by address, those that wait longest first.

    If there are more than `most`, one is aborted. It counts only this process.
    """

    def __init__(self, most: int) -> None:
        self.log = SeldomLog(log)
        self._most = most
        self._by_address: dict[str, dict[PatientProtocol, None]] = {}
        self._count = 0

    def add(self, address: str, connection: "PatientProtocol") -> None:
        """Add a connection; abort another one if there are too many."""
        mine = self._by_address.setdefault(address, {})
        self._count += connection not in mine
        mine[connection] = None
        if self._count > self._most:
            self._break_off_one()

    def discard(self, address: str, connection: "PatientProtocol") -> None:
        """Remove a connection, if it is there."""
        mine = self._by_address.get(address, {})
        if connection in mine:
            del mine[connection]
            self._count -= 1
            if not mine:
                del self._by_address[address]

    def _break_off_one(self) -> None:
        address, waiting = max(self._by_address.items(), key=lambda item: len(item[1]))
        text = "Too many half-sent requests, most of %s: the oldest was broken off"
        self.log.warning(text, address)
        next(iter(waiting)).break_off()


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with deadlines for sending a request and reading the response."""

    def __init__(self, *args: Any, waited_for: WaitedFor, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waited_for = waited_for
        self._address = ""
        self._is_handed_on = False
        self._owes = ""
        self._since = 0.0
        self._came = 0  # bytes received since then
        self._deadline: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for a request."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._look()

    def data_received(self, data: bytes) -> None:
        """Process received bytes and set the deadline for the next ones."""
        super().data_received(data)
        self._came += len(data)
        self._look()

    def on_response_complete(self) -> None:
        """Set the deadline for the next request, the rest of this one, or reading the response."""
        super().on_response_complete()
        self._look()
        if self.transport.is_closing():
            self._wait_for_taking()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Pass on a complete handshake, on which the gate decides; no deadline applies any more."""
        self._is_handed_on = True
        self._stop_all()
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Start the deadline for reading the response."""
        super().pause_writing()
        self._wait_for_taking()

    def resume_writing(self) -> None:
        """Cancel the deadline, as the client has read something."""
        super().resume_writing()
        _cancel(self._taking)
        self._taking = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all deadlines."""
        self._stop_all()
        super().connection_lost(exc)

    def break_off(self) -> None:
        """Abort the connection, whatever is still to be read or sent."""
        self._stop_all()
        self.transport.abort()

    def _look(self) -> None:
        """Set the deadline for what the client has to send now."""
        owes = self._find_debt()
        if owes != self._owes:
            self._owes, self._since, self._came = owes, self.loop.time(), 0
        elif owes != BODY:
            return  # the deadline of a head stays, even if it arrives byte by byte
        _cancel(self._deadline)
        self._deadline = None
        if owes:
            self._deadline = self.loop.call_at(self._find_deadline(), self._give_up)
        if owes and not self._is_signed_in():
            self._waited_for.add(self._address, self)
        else:
            self._waited_for.discard(self._address, self)

    def _find_debt(self) -> str:
        if self._is_handed_on or self.transport.is_closing():
            return ""
        if self.conn.their_state is h11.IDLE:
            return HEAD
        if self.conn.their_state is h11.SEND_BODY:
            answered = self.conn.our_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)
            return REST if answered else BODY
        return ""

    def _find_deadline(self) -> float:
        if self._owes != BODY:
            return self._since + (HEAD_SECONDS if self._owes == HEAD else REST_SECONDS)
        slowest = self._since + BODY_SECONDS + self._came / LEAST_BODY_RATE
        return min(self.loop.time() + BODY_SECONDS, slowest)

    def _is_signed_in(self) -> bool:
        return self._owes != HEAD and SIGNED_IN in self.scope["state"]

    def _give_up(self) -> None:
        if self._owes == BODY and self.flow.read_paused:  # the server has stopped reading
            self._owes = ""
            self._look()
            return
        self._waited_for.log.warning(GIVEN_UP[self._owes], self._address)
        self.break_off()

    def _wait_for_taking(self) -> None:
        if self._taking is None:
            self._taking = self.loop.call_later(TAKE_SECONDS, self._give_up_taking)

    def _give_up_taking(self) -> None:
        self._waited_for.log.warning("An answer was broken off, as %s took none", self._address)
        self.break_off()

    def _stop_all(self) -> None:
        _cancel(self._deadline)
        _cancel(self._taking)
        self._waited_for.discard(self._address, self)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()
