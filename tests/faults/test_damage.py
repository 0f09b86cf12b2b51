"""A byte that flips, a file that is cut or gone, in each file of a snapshot: found, passed over."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from core.analytics import metrics
from core.errors import Unavailable
from core.settings import get_settings
from core.snapshots import quarantine, reader
from core.snapshots.manifest import MANIFEST, Broken, read_manifest
from core.snapshots.reader import ITEMS, USERS, Snapshot
from etl import refresh
from tests.conftest import Sql, restart
from tests.faults import world

Damage = Callable[[bytes], bytes | None]


def flip(where: float) -> Damage:
    """Change one bit of the byte that is so far into the file, from 0.0 to 1.0."""

    def damage(content: bytes) -> bytes:
        number = int(where * (len(content) - 1))
        return content[:number] + bytes([content[number] ^ 1]) + content[number + 1 :]

    return damage


DAMAGES: dict[str, Damage] = {
    "first byte flipped": flip(0.0),
    "byte in the middle flipped": flip(0.5),
    "last byte flipped": flip(1.0),
    "cut by a byte": lambda content: content[:-1],
    "cut in half": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "zeros": lambda content: bytes(len(content)),
    "a byte more": lambda content: content + b"\0",
    "gone": lambda _: None,
}


@contextmanager
def damaged(path: Path, damage: Damage) -> Iterator[None]:
    """Damage a file in a way that its size and time may not show, and put all back as it was."""
    aside = path.with_name(path.name + ".aside")
    content, times = path.read_bytes(), path.stat()
    path.rename(aside)
    try:
        bad = damage(content)
        if bad is not None:
            path.write_bytes(bad)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        restart()
        yield
    finally:
        aside.replace(path)
        for noted in (get_settings().parquet_path / quarantine.FOLDER).glob("*"):
            noted.unlink()


@dataclass
class Pair:
    """A good snapshot and the one after it, which is served."""

    good: Snapshot
    newest: Snapshot


@pytest.fixture
def pair(environment: str, sql: Sql) -> Pair:
    """Two snapshots of a small world, with a change between them."""
    world.seed(environment)
    refresh.run(trigger="test")
    good = reader.current()
    sql("UPDATE item SET title = 'changed' WHERE id = (SELECT min(id) FROM item)")
    refresh.run(trigger="test")
    return Pair(good, reader.current())


def test_each_damaged_file_is_found_and_the_one_before_is_served(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    names = [file.path for file in pair.newest.manifest.files]
    assert len(names) > world.USER_PARTS + world.ITEM_PARTS
    for name, damage in product(names, DAMAGES.values()):
        caplog.clear()
        with damaged(pair.newest.folder / name, damage):
            assert reader.current() == pair.good, name
            assert name in reader.broken()[pair.newest.folder]
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert f"{pair.newest.folder.name} is broken and not served: " in record.getMessage()
        assert name in record.getMessage()
    restart()
    assert reader.current() == pair.newest
    assert metrics.totals(reader.current()).items == pair.newest.items


def test_a_damaged_manifest_is_found_and_the_one_before_is_served(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    for damage in DAMAGES.values():
        caplog.clear()
        with damaged(pair.newest.folder / MANIFEST, damage):
            assert reader.current() == pair.good
            assert "manifest" in reader.broken()[pair.newest.folder]
        assert "is broken and not served: its manifest" in caplog.text


def test_no_byte_of_the_manifest_can_flip_unseen(pair: Pair) -> None:
    size = (pair.newest.folder / MANIFEST).stat().st_size
    unseen = []
    for number in range(size):
        with damaged(pair.newest.folder / MANIFEST, flip(number / (size - 1))):
            try:
                read_manifest(pair.newest.folder)
            except Broken:
                continue
            unseen.append(number)
    text = (pair.newest.folder / MANIFEST).read_text()
    assert not unseen, [text[n - 20 : n + 20] for n in unseen[::50]]


@pytest.mark.parametrize(
    ("which", "how"),
    [
        (f"{USERS}/", "byte in the middle flipped"),
        (f"{ITEMS}/", "cut in half"),
        ("items_by_user", "gone"),
        (MANIFEST, "byte in the middle flipped"),
    ],
)
def test_the_next_refresh_carries_no_damage_on(
    pair: Pair, sql: Sql, environment: str, root: Path, which: str, how: str
) -> None:
    """Also not in what it takes over from the snapshot before."""
    names = [MANIFEST, *(file.path for file in pair.newest.manifest.files)]
    name = [name for name in names if name.startswith(which)][-1]
    with damaged(pair.newest.folder / name, DAMAGES[how]):
        sql("UPDATE item SET title = 'later' WHERE id = (SELECT min(id) FROM item)")
        run = refresh.run(trigger="test")
        assert reader.current().generation == run.generation
        assert list(world.differences(environment, root / USERS, root / ITEMS)) == []
        assert run.status == "succeeded"


def test_what_two_snapshots_share_may_be_damaged(
    pair: Pair, sql: Sql, environment: str, root: Path
) -> None:
    """The same bytes may be in both, by a hard link; then no snapshot is left until the next."""
    for name in sorted(file.path for file in pair.good.manifest.files):
        for snapshot in (pair.good, pair.newest):
            path = snapshot.folder / name
            if path.exists():
                with path.open("r+b") as file:
                    file.write(b"X")
    restart()
    with pytest.raises(Unavailable):
        reader.current()
    sql("UPDATE item SET title = 'later' WHERE id = (SELECT min(id) FROM item)")
    refresh.run(trigger="test")
    assert reader.current().generation > pair.newest.generation
    assert list(world.differences(environment, root / USERS, root / ITEMS)) == []
