"""The embedded PostgreSQL: it comes up again after a crash, and says why when it cannot."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import TimeoutExpired

import psutil
import psycopg2
import pytest

from core import embedded
from core.errors import TallyError


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server, near the root: the account that PostgreSQL runs as must get there."""
    parent = Path(tempfile.mkdtemp(prefix="tally-test-"))
    yield parent / "postgres"
    embedded.stop(parent / "postgres")
    shutil.rmtree(parent)


def postmaster(folder: Path) -> psutil.Process:
    """The server that runs in a folder."""
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


def test_what_is_no_servers_stays_as_it_is(folder: Path) -> None:
    folder.mkdir()
    (folder / "base.tar").write_text("half of a backup")

    for _ in range(2):  # also when it is tried again
        with pytest.raises(TallyError, match="cannot be used: Directory not empty"):
            embedded.start(folder)
        assert (folder / "base.tar").read_text() == "half of a backup"


def test_it_waits_for_a_recovery_that_outlasts_the_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = embedded.get_server
    failures: list[Exception] = [TimeoutExpired("pg_ctl", 10), AssertionError("starting")]

    def slow(*arguments: object, **options: object) -> object:
        if failures:
            raise failures.pop(0)
        return real(*arguments, **options)

    monkeypatch.setattr(embedded, "get_server", slow)

    url = embedded.start(folder)

    psycopg2.connect(url).close()


def test_it_gives_up_on_a_recovery_in_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*arguments: object, **options: object) -> object:
        raise TimeoutExpired("pg_ctl", 10)

    monkeypatch.setattr(embedded, "get_server", endless)
    monkeypatch.setattr(embedded, "RECOVERY_SECONDS", -1)

    with pytest.raises(TallyError, match="still recovering"):
        embedded.start(folder)


def test_killed_servers_and_holders_leave_it_usable(folder: Path) -> None:
    url = embedded.start(folder)
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS value")
    connection.close()
    server = postmaster(folder)
    server.send_signal(signal.SIGKILL)
    server.wait()
    embedded.PostgresServer._instances.clear()
    (folder / embedded.HANDLES_FILE).write_text(json.dumps([os.getpid(), 2**22 + 1]))

    again = psycopg2.connect(embedded.start(folder))
    with again.cursor() as cursor:
        cursor.execute("SELECT value FROM kept")
        assert cursor.fetchone() == (1,)
    again.close()
    running = postmaster(folder)
    embedded.stop(folder)

    running.wait(timeout=10)  # raises when it is still there


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TallyError, match=r"DATA_PATH\) cannot be used: (Not a dir|File exists)"):
        embedded.start(tmp_path / "file" / "postgres")


def test_data_that_postgresql_refuses(folder: Path) -> None:
    embedded.start(folder)
    embedded.stop(folder)
    (folder / "global/pg_control").unlink()

    with pytest.raises(TallyError, match=r"could not be started; .*log says why"):
        embedded.start(folder)
