"""What all tests stand on: a real PostgreSQL, and for each test a database and folder of its own.

Without `DATABASE_URL` the embedded PostgreSQL is started in a temporary folder. With it, the tests
make scratch databases on that server and drop them again; nothing that is there is touched.
"""

from core.telemetry import malloc

malloc.configure()  # before Arrow and Polars are imported, which read it once

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import coverage
import hypothesis
import psycopg2
import pytest
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from core.access.hashing import hash_password
from core.actor import Actor
from core.db import engine, schema
from core.db.models import User
from core.embedded import server as embedded_server
from core.manage import users
from core.process import Process, current
from core.settings import Settings, get_settings
from core.sign_in import password as password_sign_in
from core.sign_in.sessions import SignIn

Row = tuple[Any, ...]
Sql = Callable[..., list[Row]]
PASSWORD = "a long enough password"
QUIET = {
    "ENVIRONMENT": "local",
    "OTEL_TRACES_EXPORTER": "none",
    "LOG_LEVEL": "WARNING",
    "ALLOWED_HOSTS": "testserver",
}
MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 4 * 1024**3  # bytes; one server of the tests takes up to half a gibibyte
SERVER_SETTINGS = ("fsync = off", "max_wal_size = '128MB'")
LONG = (
    "faults",
    "etl/views/test_histories.py",
    "browser",
    "numbers",
    "benchmarks",
    "core/embedded",
)
# Whose tests run what `scripts/door-coverage.sh` looks at.
DOORS = (
    "core/access",
    "core/audit",
    "core/manage",
    "core/provision",
    "core/sign_in",
    "core/test_settings.py",
    "dashboard/api",
    "dashboard/auth",
    "dashboard/limits",
    "dashboard/sign_in",
    "dashboard/test_asgi.py",
    "dashboard/web",
    "dashboard/websockets",
    "hostile",
)
COVERAGE = os.environ.get("COVERAGE")  # read before a test can change the environment

# How long an example takes says more about what else the machine does than about the example.
hypothesis.settings.register_profile("tally", deadline=None)
hypothesis.settings.load_profile("tally")


def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many tests at once as there are cores: half of their time is waiting."""
    return min(2 * (os.cpu_count() or 1), 8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that nobody waits for one last file while the cores rest."""

    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONG) if is_in(item, name)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure only the tests of who comes in when `COVERAGE` is `doors`; measuring is slow."""
    measuring = coverage.Coverage.current()
    is_measured = COVERAGE != "doors" or any(is_in(item, name) for name in DOORS)
    if measuring is None or is_measured:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


def is_in(item: pytest.Item, name: str) -> bool:
    """Tell whether a test is in a folder or file of `tests`."""
    place = Path(__file__).parent / name
    return place == item.path or place in item.path.parents


hash_once = cache(hash_password)


@pytest.fixture(scope="session", autouse=True)
def shared_process() -> Iterator[Process]:
    """The process of what is made for several tests; theirs are begun inside of it."""
    with Process() as process:
        yield process


@pytest.fixture(autouse=True)
def process(shared_process: Process) -> Iterator[Process]:
    """The test's own process, in which nothing is open or known yet."""
    with Process() as process:
        yield process


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The libpq URL of a server on which databases may be created."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    folder = Path(tempfile.mkdtemp(prefix="tally-test-", dir=quickest_disk()))
    hold = embedded_server.hold(folder / "pg")
    changes = [f"ALTER SYSTEM SET {setting}" for setting in SERVER_SETTINGS]
    execute(hold.url, *changes, "SELECT pg_reload_conf()")
    yield hold.url
    hold.end()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated, empty database to copy from."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(postgres_url, f'CREATE DATABASE "{name}"')
    with pytest.MonkeyPatch.context() as patch:
        use(patch, url=on(postgres_url, name), folder=Path(tempfile.gettempdir()))
        schema.upgrade()
        restart()
    yield name
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def environment(
    process: Process,
    postgres_url: str,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """A fresh migrated database and an empty data folder, set in the environment; its URL."""
    name = f"tally_test_{uuid4().hex[:8]}"
    execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    use(monkeypatch, url=on(postgres_url, name), folder=tmp_path / "data")
    yield on(postgres_url, name)
    process.close()
    execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sql(environment: str) -> Iterator[Sql]:
    """Run SQL on the test's database, each statement committed; returns its rows."""
    connection = psycopg2.connect(environment, application_name="test")
    connection.autocommit = True

    def run(statement: str, *parameters: object) -> list[Row]:
        with connection.cursor() as cursor:
            named = parameters[0] if parameters and isinstance(parameters[0], dict) else None
            cursor.execute(statement, named or parameters or None)
            return cursor.fetchall() if cursor.description else []

    yield run
    connection.close()


@pytest.fixture
def root(environment: str) -> Path:
    """The folder of the snapshots; not made yet."""
    return get_settings().parquet_path.resolve()


@pytest.fixture
def db(environment: str) -> Iterator[Session]:
    """An open transaction on the test's database."""
    with engine.transaction() as session:
        yield session


@pytest.fixture
def system(environment: str) -> Actor:
    """An actor who may do everything."""
    return Actor.system("test")


@pytest.fixture
def superuser(system: Actor) -> Actor:
    """A signed-up superuser, committed."""
    return actor_for(
        make_user(system, "root@example.com", is_superuser=True, full_name="Ruth Root")
    )


@pytest.fixture
def staff(system: Actor) -> Actor:
    """A signed-up staff member without further rights, committed."""
    return actor_for(make_user(system, "staff@example.com", is_staff=True, full_name="Stan Staff"))


def quickest_disk() -> Path | None:
    """Return where to make a database for each test: in memory when that has room enough."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else None


def make_user(system: Actor, email: str, **values: object) -> User:
    """Create and commit a user with the password `PASSWORD`, which is hashed once."""
    with pytest.MonkeyPatch.context() as patch, engine.transaction() as session:
        patch.setattr(users, "hash_password", hash_once)
        return users.create_user(
            session, actor=system, values={"email": email, "password": PASSWORD, **values}
        )


def actor_for(user: User) -> Actor:
    """The actor that a signed-in user is."""
    return replace(user.as_actor(), address="127.0.0.1")


def sign_in(
    db: Session, email: str, password: str = PASSWORD, *, user_agent: str | None = None
) -> SignIn | None:
    """Sign in as the route does, though in one transaction."""
    attempt = password_sign_in.begin(db, email=email, address="127.0.0.1")
    checked = attempt.check(password)
    return password_sign_in.conclude(db, attempt=attempt, checked=checked, user_agent=user_agent)


def use(patch: pytest.MonkeyPatch, *, url: str, folder: Path) -> None:
    """Point Tally's settings at a database and a data folder."""
    for name, value in {**QUIET, "DATABASE_URL": url, "DATA_PATH": str(folder)}.items():
        patch.setenv(name, value)
    patch.delenv("PARQUET_DATA_PATH", raising=False)
    restart()


def restart() -> None:
    """Go on as a process that has just begun: it has nothing open, and reads its settings anew."""
    current().close()


def read_settings() -> None:
    """Let the process have the settings that the environment holds by now, and keep the rest."""
    current().put(Settings())


def on(server: str, name: str) -> str:
    """The URL of database `name` on the server of another URL."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def execute(url: str, *statements: str) -> None:
    """Run statements outside any transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()
