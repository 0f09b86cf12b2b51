"""The embedded PostgreSQL: it runs under the data folder when no other server is configured.

All processes of Tally with the same data folder share one server. They restart it when it dies;
the last process to end stops it.
"""

import atexit
import fcntl
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError

import psycopg2

from core.embedded.postmaster import RECOVERY_SECONDS, Postmaster
from core.errors import TallyError
from core.telemetry.supervision import Failures

DATABASE = "tally"
WATCH_SECONDS = 0.5
LONGEST_PAUSE = 60.0  # seconds between attempts to start a server that does not start
DIED = "The embedded PostgreSQL has ended, so it is started again; %s/log may say why."
BACK = "The embedded PostgreSQL is back after %.1f s."
STILL_DOWN = "The embedded PostgreSQL cannot be started again yet (%s); %s/log may say why."

log = logging.getLogger(__name__)


class Hold:
    """One process's lease on a server; a thread restarts the server when it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Postmaster(folder)
        self.is_down = False
        self._pid = os.getpid()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep_up, name="postgres", daemon=True)
        # The kernel releases it when the process ends, however it ends.
        self._lock = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    @property
    def url(self) -> str:
        """The libpq URL of Tally's database on it."""
        return self.server.url(DATABASE)

    def begin(self) -> None:
        """Start to watch the server; the lease ends with the process."""
        self._watch.start()
        atexit.register(self.end)

    def end(self) -> None:
        """End the lease; if it was the last one, stop the server."""
        atexit.unregister(self.end)
        self._over.set()
        if self._pid != os.getpid():  # a fork's copy
            return
        if self._watch.is_alive():
            self._watch.join()
        with _one_at_a_time(self.folder.parent):
            is_last = self._let_go()
            if is_last:
                self.server.stop()

    def _let_go(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(self._lock)
        return True

    def _keep_up(self) -> None:
        failures = Failures("The watch over the embedded PostgreSQL")
        pause = WATCH_SECONDS
        while not self._over.wait(pause):
            with failures.contained():
                pause = self._start_again() or min(2 * max(pause, 1.0), LONGEST_PAUSE)

    def _start_again(self) -> float:
        """Start the server if it is down; return seconds until the next check, 0 if that failed."""
        if self.server.find() is not None:
            self.is_down = False
            return WATCH_SECONDS
        since = time.monotonic()
        self.is_down = True
        try:
            with _one_at_a_time(self.folder.parent):
                if self.server.find() is None and not self._over.is_set():
                    log.error(DIED, self.folder)
                    self.server.start()
                    log.warning(BACK, time.monotonic() - since)
        except (TallyError, OSError, SubprocessError) as error:
            log.error(STILL_DOWN, type(error).__name__, self.folder)
            return 0.0
        self.is_down = False
        return WATCH_SECONDS


def hold(folder: Path) -> Hold:
    """Start PostgreSQL in `folder`, or join the server that runs there; return the hold on it.

    The server is restarted when it dies. It stops when the last hold on it ends, which it does with
    its process at the latest. Raises `TallyError` if it cannot be started.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        with _one_at_a_time(folder.parent):
            held = Hold(folder)
            _bring_up(held.server)
            held.begin()
        _ensure_database(held.server)
    except OSError as error:
        raise TallyError(
            f"{folder.parent} (DATA_PATH) cannot be used: {error.strerror}."
        ) from error
    except (SubprocessError, psycopg2.Error) as error:
        raise TallyError(f"PostgreSQL could not be started; {folder}/log says why.") from error
    return held


def _bring_up(server: Postmaster) -> None:
    if not (server.folder / "PG_VERSION").exists():
        _make(server.folder)
    if server.find() is None:
        server.start()


def _make(folder: Path) -> None:
    """Create a new server's files in a temporary folder next to it and rename that when complete.

    Leftovers of an interrupted start are removed. Raises `OSError` if `folder` holds files that
    are no PostgreSQL's; they stay.
    """
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    Postmaster(unfinished).make()
    unfinished.rename(folder)


def _ensure_database(server: Postmaster) -> None:
    """Create Tally's database on a server that does not have it yet."""
    connection = _connect(server)
    connection.autocommit = True  # CREATE DATABASE refuses to run in a transaction
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            with suppress(psycopg2.errors.DuplicateDatabase):
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    connection.close()


def _connect(server: Postmaster) -> psycopg2.extensions.connection:
    """Connect to a running server; wait for it while it recovers from a crash."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return psycopg2.connect(server.url("postgres"), connect_timeout=RECOVERY_SECONDS)
        except psycopg2.OperationalError:
            if time.monotonic() > deadline or server.find() is None:
                raise
            time.sleep(0.2)


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-in-use")


@contextmanager
def _one_at_a_time(parent: Path) -> Iterator[None]:
    held = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
