"""A heartbeat query notices when PostgreSQL stalls, and frees the threads that wait for it.

While a server is frozen (SIGSTOP, a hung machine or disk), its own timeouts such as
statement_timeout do not run. TCP timeouts do not help: the other kernel still acknowledges. So
this side has a timeout. When the server does not answer in time, all sockets to it are shut down.
Whatever waits on them, in any library (psycopg2, ADBC), gets an error at once.
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
    """Queries a server on a connection of its own; `is_stalled` says that it does not answer."""

    def __init__(self, find_url: Callable[[], str]) -> None:
        self.is_stalled = False
        self._find_url = find_url
        self._peers: set[object] = set()
        self._over = threading.Event()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Run the heartbeat in a thread for the duration of the block."""
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
        except psycopg2.Error:  # the server is down: every caller gets an error of its own
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
    # `async` is a keyword of Python, so psycopg2 also takes it with an underscore.
    return psycopg2.connect(url, async_=True, application_name="heartbeat of tally")


def _await(probe: connection) -> None:
    """Wait for the probe's result; raise `Silent` after `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (state := probe.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(probe.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise Silent


def _peer(descriptor: int) -> object:
    """Return the remote address of a socket; raise `OSError` if the descriptor is no socket."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        raise OSError("This is no socket.")
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        peer = opened.getpeername()
    return peer[:2] if isinstance(peer, tuple) else peer


def _shut_down(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        opened.shutdown(socket.SHUT_RDWR)
