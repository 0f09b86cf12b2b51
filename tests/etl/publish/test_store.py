"""The snapshot store as it is written: published in one step, pruned with care, cleaned up."""

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from core.errors import Unavailable
from core.snapshots import reader as snapshots
from core.snapshots.lease import leased
from core.snapshots.manifest import Manifest
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, USERS
from etl import refresh
from etl.publish import store
from tests.conftest import Sql
from tests.etl.conftest import fill, take_snapshot

HOURS_AGO = time.time() - 2 * 3600


def manifest(generation: int) -> Manifest:
    """A manifest without files, for tests that move folders only."""
    return Manifest(
        generation=generation,
        taken_at=datetime(2026, 1, 2, tzinfo=UTC),
        store=uuid4(),
        token=uuid4(),
        database="1:2",
        catalog="",
        pg_snapshot="1:1:",
        users=0,
        items=0,
        files=(),
    )


def publish(root: Path, generation: int) -> Path:
    """Publish an empty snapshot."""
    with store.stage(root, generation) as folder:
        store.seal(folder, manifest(generation))
        return store.publish(root, folder, generation)


def age(folder: Path) -> None:
    os.utime(folder, (HOURS_AGO, HOURS_AGO))


def test_what_is_staged_disappears_on_failure(root: Path) -> None:
    staged: list[Path] = []

    def fail() -> None:
        with store.stage(root, 1) as folder:
            staged.extend([folder, *folder.iterdir()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(staged) == 4
    assert not staged[0].exists()


def test_publication_moves_the_link_and_nothing_else(root: Path) -> None:
    first, second = publish(root, 1), publish(root, 2)
    assert (root / "current").resolve() == second
    assert (root / USERS).resolve() == second / USERS
    assert (root / ITEMS).readlink() == Path("current") / ITEMS
    assert first.exists()
    assert sorted(path.name for path in root.iterdir()) == sorted(
        [".publishing", "current", ITEMS, "snapshots", "staging", USERS]
    )


def test_an_older_generation_is_never_published_over_a_newer(root: Path) -> None:
    newer = publish(root, 2)
    with pytest.raises(Unavailable, match="newer snapshot"):
        publish(root, 1)
    assert (root / "current").resolve() == newer
    assert [folder.name for folder in (root / "snapshots").iterdir()] == [newer.name]


def test_everything_is_on_disk_before_it_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which folders and files were synced, and which names given, in this order."""
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor: int) -> None:
        steps.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    moved = Path.rename

    def noted_rename(self: Path, target: Path) -> Path:
        steps.append("name " + target.parent.name)
        return moved(self, target)

    def noted_replace(self: Path, target: Path) -> Path:
        steps.append("link " + target.name)
        rename(self, target)
        return target

    monkeypatch.setattr(Path, "rename", noted_rename)
    monkeypatch.setattr(Path, "replace", noted_replace)
    name = publish(root, 7).name
    assert steps == [
        "sync manifest.json",
        f"sync {USERS}",
        f"sync {ITEMS}",
        f"sync {ITEMS_BY_USER}",
        f"sync {name}",
        "name snapshots",
        "sync snapshots",
        f"link {USERS}",
        f"link {ITEMS}",
        "link current",
        f"sync {root.name}",
    ]


def test_prune_keeps_the_newest_three_and_the_last_hour(root: Path) -> None:
    folders = [publish(root, number) for number in range(1, 7)]
    for folder in [folders[0], *folders[2:]]:
        age(folder)
    assert store.prune(root) == 2
    kept = [folder.name for folder in folders if folder.exists()]
    assert [int(name.split("-")[0]) for name in kept] == [2, 4, 5, 6]


def test_prune_leaves_what_a_reader_holds(root: Path) -> None:
    folders = [publish(root, number) for number in range(1, 6)]
    for folder in folders:
        age(folder)
    with leased(folders[0]):
        assert store.prune(root) == 1
        assert folders[0].exists()
    assert store.prune(root) == 1
    assert not folders[0].exists()


def test_a_served_snapshot_is_held_until_nobody_has_it(root: Path) -> None:
    old = publish(root, 1)
    held = snapshots.current()
    for number in range(2, 6):
        publish(root, number)
        age(old)
    snapshots.current()
    store.prune(root)
    assert held.folder == old
    assert old.exists()
    del held
    store.prune(root)
    assert not old.exists()


def test_clean_removes_what_crashes_leave(root: Path) -> None:
    published = publish(root, 1)
    (root / "staging" / "000000000002-x" / USERS).mkdir(parents=True)
    never_published = root / "snapshots" / "000000000002-y"
    shutil.copytree(published, never_published)
    (root / ".current.current").symlink_to("nowhere")
    store.clean(root)
    assert sorted(path.name for path in root.iterdir()) == sorted(
        [".publishing", "current", ITEMS, "snapshots", USERS]
    )
    assert list((root / "snapshots").iterdir()) == [published]


def test_a_reader_during_publications_sees_whole_snapshots(sql: Sql, root: Path) -> None:
    """Each time all titles get another length: a mixture of two snapshots shows two lengths.

    Tally's readers are never disturbed. Tools that go through the constant path may miss a file at
    that moment, and try again; they never get a mixture either.
    """
    fill(sql, users=5, items=3_000)
    grow = "UPDATE item SET title = left(repeat(md5(id::text), 7), %s)"
    sql(grow, 5)
    take_snapshot()
    stop = threading.Event()
    seen: set[int] = set()
    mixed: list[object] = []

    def read(paths: list[str] | Path) -> None:
        lengths = pl.read_parquet(paths)["title"].str.len_chars().unique()
        if lengths.len() != 1:
            mixed.append(lengths)

    def look() -> None:
        while not stop.is_set():
            found = snapshots.current()
            seen.add(found.generation)
            read(found.files(ITEMS))
            with suppress(FileNotFoundError):
                read(root / ITEMS)

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(look) for _ in range(2)]
        for number in range(6):
            sql(grow, 20 + 30 * number)
            refresh.run(trigger="test")
        stop.set()
    assert [reader.exception() for reader in readers] == [None, None]
    assert mixed == []
    assert len(seen) > 1
