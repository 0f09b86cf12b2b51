"""The connection to the operational database: one engine, one way to open a transaction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import Session

from core import process
from core.actor import Refused
from core.db.database_errors import DISK_FULL, NO_CONNECTION, OVERTAKEN, explain
from core.db.heartbeat import Heartbeat
from core.db.models import AuditEvent
from core.embedded import disk, server
from core.embedded.server import Hold
from core.errors import Forbidden, Overtaken, Unavailable
from core.settings import get_settings

CONNECT_TIMEOUT_SECONDS = 3
# For long transactions: the server checks whether this process and its machine are still alive,
# also while it waits for a lock. By default it notices only when it sends a result, or never.
NOTICE_DEATH = (
    "-c client_connection_check_interval=2000"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
AWAY = "The database cannot be reached right now. Nothing was saved; please try again in a moment."
RESTARTING = (
    "The database has stopped and is being started again. Nothing was saved; please try again in a "
    "few seconds."
)
IN_DOUBT = (
    "The connection to the database was lost at the last moment. If you were saving something, "
    "check if it was saved before you try again."
)
STALLED = "The database does not answer right now. Nothing was saved; please try again in a moment."


class Database:
    """This process's way to PostgreSQL: the pool, the heartbeat, the hold on an embedded server."""

    def __init__(self) -> None:
        self.heartbeat = Heartbeat(database_url)
        self._opening = threading.RLock()
        self._hold: Hold | None = None
        self._url: str | None = None
        self._engine: Engine | None = None

    @property
    def url(self) -> str:
        """PostgreSQL's libpq URL; asking for it starts the embedded server if there is no other."""
        with self._opening:
            if self._url is None:
                self._url = self._find_url()
            return self._url

    @property
    def engine(self) -> Engine:
        """The pool of connections, opened when it is first asked for."""
        with self._opening:
            if self._engine is None:
                self._engine = _create_engine(self.url)
            return self._engine

    @property
    def is_restarting(self) -> bool:
        """Whether the embedded server has died and is being started again."""
        return self._hold is not None and self._hold.is_down

    def close(self) -> None:
        """Close the pool; end the hold on the embedded server, if there is one."""
        if self._engine is not None:
            self._engine.dispose()
        if self._hold is not None:
            self._hold.end()

    def _find_url(self) -> str:
        settings = get_settings()
        if settings.database_url is not None:
            url = make_url(settings.database_url.get_secret_value())
            return url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._hold = server.hold(settings.postgres_path)
        return self._hold.url


def database_url() -> str:
    """Return PostgreSQL's libpq URL; start the embedded server if no other is configured."""
    return process.resource(Database).url


def get_engine() -> Engine:
    """Return the process's engine: psycopg2, in UTC, with a timeout for every wait."""
    return process.resource(Database).engine


def heartbeat() -> Heartbeat:
    """Return the process's heartbeat; a composition root runs it (`Heartbeat.kept`)."""
    return process.resource(Database).heartbeat


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a transaction: commit at the end of the block, roll back on any exception.

    A refused action (`Forbidden`) still leaves an audit row. Raises `Unavailable` if PostgreSQL is
    unreachable, too slow or cannot write, and `Overtaken` after a deadlock or a serialization
    failure. Whoever loses the connection during COMMIT cannot know whether it was carried out, so
    the message then does not say that nothing was saved.
    """
    if heartbeat().is_stalled:
        raise Unavailable(STALLED)
    commits = False
    try:
        with Session(get_engine(), expire_on_commit=False) as db, db.begin():
            yield db
            db.flush()
            commits = True
    except Forbidden as error:
        if error.refused:
            _note(error.refused)
        raise
    except (DBAPIError, NoneFree, TimeoutError) as error:
        if commits and _is_lost(error):
            raise Unavailable(IN_DOUBT) from error
        raise _translate(error) from error


def _create_engine(url: str) -> Engine:
    limit = int(get_settings().query_timeout_seconds * 1000)
    options = f"-c timezone=UTC -c statement_timeout={limit} -c lock_timeout={limit}"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "options": f"{options} -c idle_in_transaction_session_timeout=60000",
            "application_name": "tally",
        },
    )


def _note(refused: Refused) -> None:
    with transaction() as db:
        db.add(AuditEvent.of_refusal(refused))


def _translate(error: Exception) -> Exception:
    cause = getattr(error, "orig", None)
    if getattr(cause, "pgcode", None) in {"40P01", "40001"}:  # deadlock, serialization_failure
        return Overtaken(OVERTAKEN)
    if isinstance(cause, psycopg2.Error) and (words := explain(cause)):
        return Unavailable(words)
    if isinstance(error, NoneFree):
        return Unavailable(STALLED if heartbeat().is_stalled else NO_CONNECTION)
    if _is_lost(error) or isinstance(error, OperationalError | TimeoutError):
        return Unavailable(_say_why())
    return error


def _is_lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _say_why() -> str:
    """Return a message about why PostgreSQL is unreachable; a full disk ends the embedded one."""
    settings = get_settings()
    if heartbeat().is_stalled:
        return STALLED
    if settings.database_url is None and disk.is_full(settings.postgres_path):
        return DISK_FULL
    if settings.database_url is None and process.resource(Database).is_restarting:
        return RESTARTING
    return AWAY
