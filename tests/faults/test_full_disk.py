"""A disk that is full at every block and every name of a refresh: the reader stays right."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.actor import Actor
from core.db import schema
from core.db.database_errors import DISK_FULL
from core.db.engine import transaction
from core.errors import Unavailable
from core.manage import items
from core.snapshots import reader
from core.snapshots.folders import CURRENT
from core.snapshots.reader import ITEMS, USERS
from dashboard.process import health
from etl import refresh
from tests.conftest import Sql, make_user, restart, use
from tests.faults import moments, world
from tests.faults.harness import environment as settings_of
from tests.faults.nursery import Nursery

FULL = "The disk that holds the snapshots is full. The last snapshot stays in use."


@dataclass
class Disk:
    """A tmpfs that grows and shrinks."""

    folder: Path

    @contextmanager
    def blocks_left(self, number: int) -> Iterator[None]:
        """Leave so many blocks of 4 KiB in the block."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_bsize
        with self._resized(f"size={used + number * 4096}"):
            yield

    @contextmanager
    def names_left(self, number: int) -> Iterator[None]:
        """Leave room for so many new files, folders and links in the block."""
        found = os.statvfs(self.folder)
        with self._resized(f"nr_inodes={found.f_files - found.f_ffree + number}"):
            yield

    @contextmanager
    def _resized(self, option: str) -> Iterator[None]:
        self._mount(f"remount,{option}")
        try:
            yield
        finally:
            self._mount("remount,size=64m,nr_inodes=10000")

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-o", options, self.folder], check=True)


@pytest.fixture
def disk(environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A small disk of its own for the snapshots; only where tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a tmpfs")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]).returncode:
        pytest.skip("mounting is not allowed here")
    monkeypatch.setenv("PARQUET_DATA_PATH", str(folder))
    restart()
    yield Disk(folder)
    restart()
    subprocess.run(["umount", "-l", folder], check=True)


def fill_a_little(sql: Sql) -> None:
    """Add some rows, in one part of each table, and take a first snapshot."""
    some = "SELECT 'u' || i, '' FROM generate_series(1, 9) i"
    sql(f'INSERT INTO "user" (email, hashed_password) {some}')
    sql("INSERT INTO item (title, owner_id) SELECT 'Item', id FROM \"user\"")
    refresh.run(trigger="test")


def fails(sql: Sql, url: str, root: Path, shortage: AbstractContextManager[None]) -> bool:
    """Refresh during a shortage; return whether that failed, and insist that it did so rightly.

    Then the snapshot before is served, what happened is told, and once there is room again the next
    refresh is right without anybody's help.
    """
    before = reader.current()
    sql("UPDATE item SET title = title || '.' WHERE id = 1")
    with shortage:
        with suppress(Unavailable):
            refresh.run(trigger="test")
            return False
        assert reader.current() == before
        assert (root / CURRENT).resolve() == before.folder
    last = sql("SELECT status, error FROM refresh_run ORDER BY id DESC LIMIT 1")
    assert last == [("failed", FULL)]
    assert not list((root / "staging").glob("*"))
    refresh.run(trigger="test")
    assert list(world.differences(url, root / USERS, root / ITEMS)) == []
    return True


def test_a_disk_that_is_full_at_every_block(sql: Sql, environment: str, disk: Disk) -> None:
    fill_a_little(sql)
    number = 0
    while fails(sql, environment, disk.folder, disk.blocks_left(number)):
        number += 1
    assert number >= 7  # two parts, four views and a manifest are a block each


def test_a_disk_without_room_for_every_name(sql: Sql, environment: str, disk: Disk) -> None:
    fill_a_little(sql)
    number = 0
    while fails(sql, environment, disk.folder, disk.names_left(number)):
        number += 1
    assert number >= 10


def test_every_change_of_a_name_that_fails(sql: Sql, environment: str, root: Path) -> None:
    """As on a full disk, also where nothing may be mounted."""
    reached: list[str] = []

    def fail(event: str) -> None:
        reached.append(event)
        if event not in {"os.remove", "os.rmdir"}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fill_a_little(sql)
    failed = number = 0
    while len(reached) == number:
        number += 1
        failed += fails(sql, environment, root, moments.before_change(root, number, fail))
    assert failed >= 10
    assert {"open", "os.mkdir", "os.rename", "os.symlink"} <= set(reached)


@pytest.mark.parametrize("name", [USERS, ITEMS, CURRENT])
def test_the_first_publication_gives_all_names_or_none(
    sql: Sql, environment: str, root: Path, name: str
) -> None:
    def fail(_: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        moments.before_change(root, f"os.symlink {root / '.current.'}{name}", fail),
        pytest.raises(Unavailable, match="is full"),
    ):
        refresh.run(trigger="test")
    assert not any((root / given).exists() for given in (USERS, ITEMS, CURRENT))
    fill_a_little(sql)
    assert list(world.differences(environment, root / USERS, root / ITEMS)) == []


@pytest.mark.parametrize("limit", [600, 1_000])
def test_no_file_may_be_longer(
    sql: Sql, environment: str, root: Path, nursery: Nursery, limit: int
) -> None:
    """A limit of the operating system; it holds for DuckDB's own writing too."""
    fill_a_little(sql)
    before = reader.current()
    sql("UPDATE item SET title = title || '.' WHERE id = 1")
    child = nursery.start(
        "tests.faults.refresher:refresh_once",
        environment={**os.environ, **settings_of(environment, root)},
        longest_file=limit,
    )
    assert child.receive() == ("end", 1)
    assert reader.current() == before
    ((error,),) = sql("SELECT error FROM refresh_run ORDER BY id DESC LIMIT 1")
    assert "The last snapshot stays in use" in str(error)
    assert not list((root / "staging").glob("*"))
    refresh.run(trigger="test")
    assert list(world.differences(environment, root / USERS, root / ITEMS)) == []


@pytest.fixture
def full_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An embedded PostgreSQL on a small disk of its own, with a superuser; the disk's folder."""
    folder = Path(tempfile.mkdtemp(prefix="tally-test-"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount).returncode:
        folder.rmdir()
        pytest.skip("only root may mount a tmpfs")
    use(monkeypatch, url="", folder=folder / "data")
    monkeypatch.delenv("DATABASE_URL")
    restart()
    schema.upgrade()
    make_user(Actor.system("test"), "ann@example.com", is_superuser=True)
    yield folder
    restart()
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


def fill(folder: Path) -> None:
    """Write until nothing more fits."""
    with (folder / "filler").open("wb") as file, suppress(OSError):
        while True:
            file.write(b"x" * 65_536)
            file.flush()


def add_item() -> None:
    """Create and commit an item of a few hundred bytes."""
    values = {"title": "x" * 200, "owner_email": "ann@example.com"}
    with transaction() as db:
        items.create_item(db, actor=Actor.system("test"), values=values)


def add_items_until_there_is_no_room() -> None:
    """Use up the room that the tables have; raise what the first edit raises that needs more."""
    for _ in range(2_000):
        add_item()


def test_an_edit_on_a_full_disk_says_so_and_so_does_readiness(full_server: Path) -> None:
    assert health.check().database == health.FINE
    fill(full_server)
    with pytest.raises(Unavailable) as told:
        add_items_until_there_is_no_room()
    assert told.value.message == DISK_FULL
    state = health.check()
    assert state.database == DISK_FULL
    assert any("has only 0 MB left" in each for each in state.trouble)
    (full_server / "filler").unlink()
    assert world.wait_until(lambda: health.check().database == health.FINE, 20)
    add_item()
