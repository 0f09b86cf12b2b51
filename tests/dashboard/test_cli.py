"""The command line: what it says, how it ends, and that nothing of it stays behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from core.access.hashing import check_password
from core.actor import Actor
from core.db import engine
from core.db.models import Item, User
from dashboard.cli import app
from tests.conftest import PASSWORD, execute, make_user, read_settings

TALLY = (sys.executable, "-m", "dashboard.cli")
ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60
STOPS_WITHIN = 10


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can reach, which is not so of pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="tally-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def run(*arguments: str, stdin: str = "") -> Result:
    """Run a command in this process, on the test's own database."""
    read_settings()
    return CliRunner().invoke(app, list(arguments), input=stdin)


def find(email: str) -> User | None:
    """The user as stored."""
    with engine.transaction() as db:
        return db.scalar(select(User).where(User.email == email))


class Serving:
    """A `tally serve` of its own: process, port and data folder."""

    def __init__(
        self, folder: Path, port: int, program: Sequence[str] = TALLY, **changes: str
    ) -> None:
        self.url = f"http://localhost:{port}"
        self.process = subprocess.Popen(
            [*program, "serve", "--port", str(port)],
            cwd=folder,
            env=environ(folder, **changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def wait_until_up(self) -> None:
        """Return once the health check answers."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not answers(f"{self.url}/healthz"):
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def stop(self, number: int) -> int:
        """Send a signal; return the exit status, and keep the output."""
        self.process.send_signal(number)
        self.output, _ = self.process.communicate(timeout=STOPS_WITHIN)
        return self.process.returncode


def environ(folder: Path, **changes: str) -> dict[str, str]:
    """An environment in which Tally finds no database and keeps everything in `folder`."""
    kept = {n: v for n, v in os.environ.items() if n not in {"DATABASE_URL", "PARQUET_DATA_PATH"}}
    own = {
        "ENVIRONMENT": "local",
        "DATA_PATH": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
        "OTEL_TRACES_EXPORTER": "none",
        "REFRESH_INTERVAL_MINUTES": "0",
        "COLUMNS": "200",
    }
    return kept | own | changes


def tally(folder: Path, *arguments: str, stdin: str = "", **changes: str) -> tuple[int, str, str]:
    """Run a command in a process of its own; return exit status, stdout and stderr."""
    done = subprocess.run(
        [*TALLY, *arguments],
        cwd=folder,
        env=environ(folder, **changes),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def answers(url: str) -> bool:
    """Whether something at `url` says 200."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=2)
    try:
        connection.request("GET", urlsplit(url).path)
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def postgres_processes(folder: Path) -> list[int]:
    """The ids of PostgreSQL's processes whose data lies in `folder`."""
    data = {str(folder / "data" / name) for name in ("postgres", "postgres.new")}
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "cwd"])
        if data.intersection([process.info["cwd"], *(process.info["cmdline"] or [])])
    ]


def wait_until(seen: Callable[[], bool]) -> None:
    """Return as soon as something is seen, which has to be soon."""
    deadline = time.monotonic() + STARTS_WITHIN
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def servers() -> Iterator[list[Serving]]:
    """Where a test keeps its servers, so that none outlives it."""
    started: list[Serving] = []
    yield started
    for server in started:
        if server.process.poll() is None:
            server.stop(signal.SIGTERM)


@pytest.mark.parametrize(
    "command", ["serve", "refresh", "import", "demo", "create-superuser", "grant", "migrate"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Usage: tally {command}" in result.stdout.replace("root", "tally")


def test_unknown_command_fails() -> None:
    assert run("frobnicate").exit_code == 2


def test_serve_keeps_everything_and_leaves_nothing_running(
    own_folder: Path, port: int, servers: list[Serving]
) -> None:
    first = Serving(own_folder, port)
    servers.append(first)
    first.wait_until_up()
    taken = tally(own_folder, "serve", "--port", str(port))
    added = tally(own_folder, "create-superuser", "ruth@example.com", stdin=f"{PASSWORD}\n")
    assert answers(f"{first.url}/healthz"), "a command that ends must not take PostgreSQL along"
    assert postgres_processes(own_folder)
    assert first.stop(signal.SIGTERM) == 0
    assert not postgres_processes(own_folder)

    second = Serving(own_folder, port)
    servers.append(second)
    second.wait_until_up()
    again = tally(own_folder, "create-superuser", "ruth@example.com", stdin=f"{PASSWORD}\n")
    assert second.stop(signal.SIGINT) == 0
    assert not postgres_processes(own_folder)

    assert re.search(r"\nSign in as admin@example\.com with the password \S{16} ", first.output)
    assert f"Tally is at {first.url} " in first.output
    assert f"Tally is at {second.url} " in second.output
    assert first.output.count("Sign in as") == 1
    assert "Sign in as" not in second.output
    assert "leaked" not in first.output + second.output
    assert taken == (1, "", f"Port {port} is in use; set PORT to another one.\n")
    assert added[:2] == (0, "ruth@example.com is a superuser and may sign in.\n")
    assert again == (1, "", "email: Another user has this address already.\n")


def test_sigterm_at_the_first_start_leaves_nothing_running_and_the_next_one_starts(
    own_folder: Path, port: int, servers: list[Serving]
) -> None:
    server = Serving(own_folder, port)
    servers.append(server)
    begun = own_folder / "data/postgres.new/PG_VERSION"  # one of the first files that initdb makes
    wait_until(begun.exists)

    assert server.stop(signal.SIGTERM) == 130
    wait_until(lambda: not postgres_processes(own_folder))  # they end as their input does
    assert "Traceback" not in server.output

    status, out, err = tally(own_folder, "refresh")
    assert (status, out.startswith("Snapshot 1: ")) == (0, True), err


def test_refresh_without_a_server(own_folder: Path) -> None:
    status, out, err = tally(own_folder, "refresh")

    assert status == 0, err
    assert out.startswith("Snapshot 1: 0 users and 0 items")
    assert (own_folder / "data/parquet/users_analytics.parquet").exists()
    assert not postgres_processes(own_folder)


def test_a_bad_setting_is_named_and_no_secret_is_shown(tmp_path: Path) -> None:
    changes = {"ENVIRONMENT": "production", "SECRET_KEY": "hunter2", "PORT": "http"}
    status, out, err = tally(tmp_path, "serve", **changes)

    assert (status, out) == (1, "")
    assert err.startswith("PORT: Input should be a valid integer")
    assert "Traceback" not in err

    status, out, err = tally(tmp_path, "migrate", **changes | {"PORT": "8501"})

    assert (status, out) == (1, "")
    assert "SECRET_KEY is shorter than 32 characters" in err
    assert "FIRST_SUPERUSER_PASSWORD is missing" in err
    assert "hunter2" not in err
    assert not (tmp_path / "data").exists()


def test_migrate_makes_the_superuser_that_the_settings_name(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRST_SUPERUSER", "Ruth@Example.com")
    monkeypatch.setenv("FIRST_SUPERUSER_PASSWORD", PASSWORD)

    first, second = run("migrate"), run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "the password that FIRST_SUPERUSER_PASSWORD holds" in first.stdout
    assert PASSWORD not in first.stdout
    assert second.stdout == "The database is ready.\n"
    ruth = find("ruth@example.com")
    assert ruth is not None
    assert ruth.is_superuser
    assert check_password(PASSWORD, ruth.hashed_password).matches


def test_migrate_names_the_setting_of_a_bad_password(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRST_SUPERUSER_PASSWORD", "short")

    result = run("migrate")

    assert result.exit_code == 1
    assert result.stderr == "FIRST_SUPERUSER_PASSWORD: Use 10 to 128 characters.\n"


def test_a_database_of_a_newer_tally_is_refused(environment: str) -> None:
    execute(environment, "UPDATE alembic_version SET version_num = 'fedcba987654'")

    result = run("migrate")

    assert result.exit_code == 1
    assert result.stderr.startswith("The database cannot be migrated: Can't locate revision")
    assert "newer version of Tally" in result.stderr


def test_create_superuser_promotes_when_asked(environment: str, system: Actor) -> None:
    make_user(system, "ann@example.com", full_name="Ann")
    stdin = "another long password\n"

    refused = run("create-superuser", "ann@example.com", stdin=stdin)
    promoted = run("create-superuser", "ann@example.com", "--promote", stdin=stdin)

    assert refused.exit_code == 1
    assert promoted.exit_code == 0
    ann = find("ann@example.com")
    assert ann is not None
    assert (ann.full_name, ann.is_staff, ann.is_superuser) == ("Ann", True, True)
    assert check_password("another long password", ann.hashed_password).matches


def test_create_superuser_without_a_password(environment: str) -> None:
    result = run("create-superuser", "ann@example.com")

    assert result.exit_code == 1
    assert result.stderr == "password: Use 10 to 128 characters.\n"
    assert find("ann@example.com") is None


def test_import_says_what_it_did_or_what_is_wrong(environment: str, tmp_path: Path) -> None:
    users, items = tmp_path / "users.csv", tmp_path / "items.csv"
    users.write_text("email,full_name\nann@example.com,[bold]Ann\n")
    items.write_text("title,description,owner_email\nLamp,,ann@example.com\nDesk,,eve@x.org\n")

    bad = run("import", str(users), str(items))
    items.write_text("title,description,owner_email\nLamp,,ann@example.com\n")
    good = run("import", str(users), str(items))

    assert bad.exit_code == 1
    assert "items.csv, line 3, column owner_email: No user has this address" in bad.stderr
    assert "1 problem; nothing was imported." in bad.stderr
    assert good.exit_code == 0
    assert good.stdout.startswith("Imported 1 user and 1 item.\n")
    ann = find("ann@example.com")
    assert ann is not None
    assert ann.full_name == "[bold]Ann"


def test_demo_fills(environment: str) -> None:
    result = run("demo", "--users", "20", "--items", "50")

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Added 20 users and 50 items.\n")
    assert "Tidying up" in result.stderr
    with engine.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Item)) == 50


def test_database_away(environment: str, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://tally@127.0.0.1:{port}/tally")
    monkeypatch.setattr("core.provision.setup.WAIT_SECONDS", 0.5)

    result = run("demo")

    assert result.exit_code == 1
    assert result.stderr == f"{engine.AWAY}\n"


def test_grant_prints_or_grants_and_names_a_missing_role(environment: str) -> None:
    shown = run("grant", "--print", "serving")
    assert 'GRANT SELECT, INSERT ON "audit_event" TO "serving";' in shown.stdout
    missing = run("grant", "nobody there")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "There is no role nobody there" in missing.stderr
