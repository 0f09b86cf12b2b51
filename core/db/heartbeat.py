"""Whether PostgreSQL still answers: it is asked again and again, as a stalled one says nothing.

Its own limits, such as statement_timeout, do not count while it does not run (SIGSTOP, a frozen
machine or disk), and TCP's do not either: the kernel at the other end goes on to acknowledge. So
the limit is on this side. What waits for a server that does not answer gets an error at once, in
whichever library it waits (psycopg2, ADBC), as its sockets are shut down.
"""

import logging
import os
import select
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
from opentelemetry.instrumentation.utils import suppress_instrumentation
from psycopg2.extensions import POLL_OK, POLL_READ, connection

from core.telemetry.supervision import Failures

BEAT_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
STALLED = "PostgreSQL has not answered for %.0f s: what waits for it is given up."
ANSWERS = "PostgreSQL answers again."
log = logging.getLogger(__name__)


class Silent(Exception):
    """PostgreSQL did not answer in time."""


class Heartbeat:
    """Asks a server, by a connection of its own, whether it answers; see `is_stalled`."""

    def __init__(self, find_url: Callable[[], str]) -> None:
        self.is_stalled = False
        self._find_url = find_url
        self._peers: set[object] = set()
        self._over = threading.Event()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Ask, as long as the block runs."""
        url = self._find_url()
        self._over.clear()
        thread = threading.Thread(target=self._keep, args=(url,), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(PATIENCE_SECONDS)
            self.is_stalled = False

    def _keep(self, url: str) -> None:
        failures = Failures("The watch over whether PostgreSQL answers")
        while not self._over.is_set():
            with failures.contained():
                self._watch(url)
            self._over.wait(BEAT_SECONDS)

    def _watch(self, url: str) -> None:
        try:
            with suppress_instrumentation(), closing(_connect(url)) as probe:
                self._ask(probe)
        except Silent:
            self._give_up()
        except psycopg2.Error:  # it is away, which everybody notices without help
            return

    def _ask(self, probe: connection) -> None:
        _await(probe)
        self._peers.add(_peer(probe.fileno()))
        while not self._over.is_set():
            with probe.cursor() as cursor:
                cursor.execute("SELECT 1")
                _await(probe)
            if self.is_stalled:
                self.is_stalled = False
                log.warning(ANSWERS)
            self._over.wait(BEAT_SECONDS)

    def _give_up(self) -> None:
        if not self.is_stalled:
            log.error(STALLED, PATIENCE_SECONDS)
        self.is_stalled = True
        for entry in Path("/dev/fd").iterdir():
            with suppress(OSError):
                if _peer(int(entry.name)) in self._peers:
                    _shut_down(int(entry.name))


def _connect(url: str) -> connection:
    # `async` is a word of Python's, and psycopg2 takes it with an underscore.
    return psycopg2.connect(url, async_=True, application_name="heartbeat of tally")


def _await(probe: connection) -> None:
    """Wait until the probe has what it asked for; raise `Silent` when that takes too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (state := probe.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(probe.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise Silent


def _peer(descriptor: int) -> object:
    """Return the address at the other end of a socket; raise `OSError` when it is none."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        raise OSError("This is no socket.")
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        peer = opened.getpeername()
    return peer[:2] if isinstance(peer, tuple) else peer


def _shut_down(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        opened.shutdown(socket.SHUT_RDWR)
