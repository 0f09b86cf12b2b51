"""The embedded PostgreSQL: it comes up again after a crash, and nobody else gets in."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from core.embedded import postmaster
from core.embedded import server as embedded_server
from core.embedded.postmaster import ACCOUNT, Postmaster
from core.embedded.server import Hold
from core.errors import TallyError
from core.settings import ROOT

SECRET = "a secret that only Tally may know"
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def parent() -> Iterator[Path]:
    """A folder near the root: the account that PostgreSQL runs as must get there."""
    made = Path(tempfile.mkdtemp(prefix="tally-test-")).resolve()
    yield made
    shutil.rmtree(made)


class Servers:
    """The servers that a test holds, by their folder."""

    def __init__(self) -> None:
        self._held: dict[Path, Hold] = {}

    def start(self, folder: Path) -> str:
        """Hold the server in a folder; return its URL."""
        self._held[folder] = embedded_server.hold(folder)
        return self._held[folder].url

    def stop(self, folder: Path) -> None:
        """End the hold on the server in a folder."""
        self._held.pop(folder).end()

    def is_down(self, folder: Path) -> bool:
        """Tell whether it is being started again."""
        return self._held[folder].is_down

    def stop_all(self) -> None:
        """End all holds."""
        for hold in self._held.values():
            hold.end()


@pytest.fixture
def servers(parent: Path) -> Iterator[Servers]:
    """Servers of the test's own, stopped at its end."""
    servers = Servers()
    yield servers
    servers.stop_all()


@pytest.fixture
def folder(parent: Path) -> Path:
    """A folder for a server."""
    return parent / "postgres"


def long(parent: Path) -> Path:
    """A folder whose path is too long for a socket in it."""
    return parent / ("x" * 60) / ("y" * 60) / "postgres"


def running(folder: Path) -> psutil.Process:
    """The server that runs in a folder."""
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


def answers(url: str, seconds: float) -> bool:
    """Tell whether the server answers within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(psycopg2.OperationalError):
            psycopg2.connect(url).close()
            return True
        time.sleep(0.05)
    return False


def run(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row and row[0]


def test_what_is_no_servers_stays_as_it_is(servers: Servers, folder: Path) -> None:
    folder.mkdir()
    (folder / "base.tar").write_text("half of a backup")

    for _ in range(2):  # also when it is tried again
        with pytest.raises(TallyError, match="cannot be used: Directory not empty"):
            servers.start(folder)
        assert (folder / "base.tar").read_text() == "half of a backup"


def test_a_killed_server_is_started_again_also_while_it_answers_somebody(
    servers: Servers, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = servers.start(folder)
    run(url, "CREATE TABLE kept AS SELECT 1 AS value")
    busy = psycopg2.connect(url)
    lost: list[Exception] = []

    def ask() -> None:
        try:
            busy.cursor().execute("SELECT count(*) FROM generate_series(1, 10000000000)")
        except psycopg2.OperationalError as error:
            lost.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    killed = running(folder)
    killed.kill()  # and its processes go on for as long as they like
    killed.wait()

    assert answers(url, 30)
    asking.join(10)
    assert lost
    assert run(url, "SELECT value FROM kept") == 1
    until = time.monotonic() + 10
    while servers.is_down(folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert not servers.is_down(folder)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 2
    assert "has ended, so it is started again" in said[0]
    assert "is back after" in said[1]


def test_a_stopped_server_is_not_started_twice(servers: Servers, folder: Path) -> None:
    url = servers.start(folder)
    server = running(folder)
    server.suspend()
    time.sleep(3 * embedded_server.WATCH_SECONDS)
    server.resume()

    assert answers(url, 10)
    assert running(folder) == server


def test_a_server_that_does_not_start_is_tried_again(servers: Servers, folder: Path) -> None:
    url = servers.start(folder)
    control = folder / "global/pg_control"
    control.rename(folder / "hidden")
    server = running(folder)
    server.kill()
    server.wait()
    until = time.monotonic() + 20
    while not servers.is_down(folder) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    assert servers.is_down(folder)
    (folder / "hidden").rename(control)

    assert answers(url, 30)


def test_a_killed_process_leaves_the_server_to_the_next(servers: Servers, folder: Path) -> None:
    program = "from core.embedded import server; from pathlib import Path; import os, signal\n"
    program += f"server.hold(Path({str(folder)!r})); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    left = running(folder)

    url = servers.start(folder)

    assert running(folder) == left
    assert answers(url, 1)
    servers.stop(folder)
    left.wait(timeout=10)  # raises when it is still there


def test_the_last_process_stops_it_and_no_other(servers: Servers, folder: Path) -> None:
    url = servers.start(folder)
    program = "from core.embedded import server; from pathlib import Path\n"
    program += f"server.hold(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)

    assert answers(url, 1)
    server = running(folder)
    servers.stop(folder)
    server.wait(timeout=10)


def test_a_number_that_another_process_has_by_now_keeps_nothing_down(
    servers: Servers, folder: Path
) -> None:
    url = servers.start(folder)
    servers.stop(folder)
    for name in ("postmaster.pid", f"{postmaster.SOCKET}.lock"):
        (folder / name).write_text(f"{os.getpid()}\n{folder}\n")

    assert servers.start(folder) == url
    assert answers(url, 1)


@pytest.mark.parametrize("is_long", [False, True])
def test_no_other_account_gets_in(
    servers: Servers, is_long: bool, parent: Path, folder: Path
) -> None:
    place = long(parent) if is_long else folder
    url = servers.start(place)
    sockets = Postmaster(place).socket_folder()

    assert (sockets == place) is not is_long
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert run(url, "SHOW listen_addresses") == ""
    rules = "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules"
    assert run(url, rules) == "peer"
    if IS_ROOT:
        sockets.chmod(0o755)  # and were it open: PostgreSQL asks who it is
        psql = [
            str(postmaster.programs() / "psql"),
            "-h",
            str(sockets),
            "-U",
            "postgres",
            "-c",
            "SELECT 1",
        ]
        refused = subprocess.run(
            psql,
            user="nobody",
            group="nogroup",
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        sockets.chmod(0o700)
        assert "Peer authentication failed" in refused.stderr, refused
    servers.stop(place)
    assert sockets.exists() is not is_long
    assert servers.start(place) == url


def test_a_folder_for_the_socket_that_somebody_else_made_is_not_used(
    servers: Servers, parent: Path
) -> None:
    place = long(parent)
    first = servers.start(place)
    sockets = Postmaster(place).socket_folder()
    servers.stop(place)
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)

    second = servers.start(place)

    sockets.rmdir()
    assert first != second
    assert answers(second, 1)


def test_a_path_that_is_too_long_everywhere_is_refused(
    servers: Servers, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster, "LONGEST_SOCKET", 10)

    with pytest.raises(TallyError, match="set a shorter DATA_PATH"):
        servers.start(parent / "postgres")


def test_no_secret_is_in_the_environment_of_postgresql(
    servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "FIRST_SUPERUSER_PASSWORD", "DATABASE_URL", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, SECRET)
    servers.start(folder)
    server = running(folder)
    for process in (server, *server.children(recursive=True)):
        assert SECRET not in str(process.environ())


@pytest.mark.skipif(not IS_ROOT, reason="runs as somebody else when it is started as root")
def test_as_root_it_runs_as_an_account_that_has_no_rights(servers: Servers, folder: Path) -> None:
    servers.start(folder)
    status = running(folder).as_dict(["uids", "gids"])
    account = pwd.getpwnam(ACCOUNT)
    assert set(status["uids"]) == {account.pw_uid}
    assert set(status["gids"]) == {account.pw_gid}
    groups = Path(f"/proc/{running(folder).pid}/status").read_text()
    assert "\nGroups:\t \n" in groups


def test_a_folder_that_cannot_be_used(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TallyError, match=r"DATA_PATH\) cannot be used: (Not a dir|File exists)"):
        servers.start(tmp_path / "file" / "postgres")


def test_data_that_postgresql_refuses(servers: Servers, folder: Path) -> None:
    servers.start(folder)
    servers.stop(folder)
    (folder / "global/pg_control").unlink()

    with pytest.raises(TallyError, match=r"could not be started; .*log says why"):
        servers.start(folder)
