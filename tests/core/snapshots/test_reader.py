"""Reading snapshots: verified when first opened, and the one before when the newest is broken."""

import errno
import hashlib
import shutil
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest

from core.analytics import metrics
from core.errors import Unavailable
from core.snapshots import quarantine, reader
from core.snapshots.manifest import Broken
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, TOP_OWNERS, USERS, Snapshot
from tests.conftest import Sql, restart
from tests.etl.conftest import fill, take_snapshot


def damage(snapshot: Snapshot, how: str) -> None:
    """Break one file of a snapshot, which no other snapshot shares when items changed."""
    path = Path(snapshot.files(ITEMS)[0])
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif how == "cut":
        path.write_bytes(content[:-1])
    elif how == "gone":
        path.unlink()
    elif how == "manifest gone":
        (snapshot.folder / "manifest.json").unlink()
    elif how == "manifest cut":
        manifest = snapshot.folder / "manifest.json"
        manifest.write_text(manifest.read_text()[:-10])
    elif how == "other layout":
        manifest = snapshot.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"layout": ', '"layout": 99'))
    else:
        shutil.rmtree(snapshot.folder)


HOWS = ["flipped", "cut", "gone", "manifest gone", "manifest cut", "other layout", "folder gone"]


def test_without_a_snapshot_it_says_how_to_make_one(root: Path) -> None:
    with pytest.raises(Unavailable, match="Press Refresh data, or run `tally refresh`"):
        reader.current()


def test_the_current_one_says_what_it_is(sql: Sql, root: Path) -> None:
    fill(sql, users=4, items=9)
    before = sql("SELECT clock_timestamp()")[0][0]
    found = take_snapshot()
    assert (found.users, found.items) == (4, 9)
    assert found.taken_at.tzinfo is UTC
    assert before < found.taken_at < sql("SELECT clock_timestamp()")[0][0]
    assert found == reader.current()
    assert {found: 1}[reader.current()] == 1
    assert all(Path(path).is_file() for path in found.files(USERS))


def test_the_next_one_is_served_as_soon_as_it_is_published(sql: Sql, root: Path) -> None:
    first = take_snapshot()
    fill(sql, users=3, items=3)
    second = take_snapshot()
    assert second.generation > first.generation
    assert second != first
    assert metrics.totals(first).users == 0  # whoever still has the old one goes on with it
    assert metrics.totals(second).users == 3


@pytest.mark.parametrize("how", HOWS)
def test_a_broken_one_is_passed_over_for_the_one_before(sql: Sql, root: Path, how: str) -> None:
    fill(sql, users=4, items=9)
    good = take_snapshot()
    fill_more = "INSERT INTO item (title, owner_id) SELECT 'new', min(id) FROM \"user\""
    sql(fill_more)
    damage(take_snapshot(), how)
    restart()
    assert reader.current() == good
    assert metrics.totals(reader.current()).items == 9
    assert reader.current() == good
    assert len(reader.broken()) == (how != "folder gone")
    assert take_snapshot().items == 10
    assert metrics.totals(reader.current()).items == 10


@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_what_is_damaged_stays_so_for_a_process_that_starts_later(
    sql: Sql, root: Path, how: str
) -> None:
    good = take_snapshot()
    fill(sql, users=4, items=9)
    bad = take_snapshot()
    original = Path(bad.files(ITEMS)[0]).read_bytes()
    damage(bad, how)
    restart()
    assert reader.current() == good
    Path(bad.files(ITEMS)[0]).write_bytes(original)  # as if the disk were fine by chance
    restart()
    assert reader.broken().keys() == {bad.folder}
    assert reader.current() == good
    assert reader.passed_over()


def test_what_another_process_found_damaged_is_served_no_longer(sql: Sql, root: Path) -> None:
    good = take_snapshot()
    fill(sql, users=4, items=9)
    bad = take_snapshot()
    assert reader.current() == bad
    quarantine.note(bad.folder, "its content is not what was written")
    assert reader.current() == good


@pytest.mark.parametrize("how", ["other layout", "unreadable"])
def test_what_may_be_fine_tomorrow_is_not_noted(
    sql: Sql, root: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = take_snapshot()
    fill(sql, users=4, items=9)
    newest = take_snapshot()
    restart()
    with monkeypatch.context() as patch:
        if how == "unreadable":
            patch.setattr(hashlib, "file_digest", too_many_files)
        else:
            patch.setattr("core.snapshots.manifest.READABLE", (99,))
        with suppress(Unavailable):
            assert reader.current() == good
        assert newest.folder in reader.broken()
    restart()
    assert reader.current() == newest


def too_many_files(*_: object) -> None:
    """Fail as a process does that may open no more files."""
    raise OSError(errno.EMFILE, "Too many open files")


def test_a_folder_that_cannot_be_written_is_no_obstacle(sql: Sql, root: Path) -> None:
    good = take_snapshot()
    fill(sql, users=4, items=9)
    damage(take_snapshot(), "flipped")
    (root / quarantine.FOLDER).write_text("in the way")
    restart()
    assert reader.current() == good


def test_the_quarantine_ends_with_the_snapshot(sql: Sql, root: Path) -> None:
    take_snapshot()
    fill(sql, users=4, items=9)
    bad = take_snapshot()
    damage(bad, "flipped")
    restart()
    reader.current()
    assert len(list((root / quarantine.FOLDER).iterdir())) == 1
    take_snapshot()
    shutil.rmtree(bad.folder)
    take_snapshot()
    assert list((root / quarantine.FOLDER).iterdir()) == []
    assert reader.broken() == {}


def test_when_all_are_broken_there_is_none(sql: Sql, root: Path) -> None:
    damage(take_snapshot(), "flipped")
    restart()
    with pytest.raises(Unavailable, match="There is no snapshot yet"):
        reader.current()
    assert "is not what was written" in next(iter(reader.broken().values()))


def test_without_the_link_the_newest_good_one_is_served(sql: Sql, root: Path) -> None:
    take_snapshot()
    newest = take_snapshot()
    (root / "current").unlink()
    assert reader.current() == newest


def test_a_link_elsewhere_is_not_followed_out_of_the_folder(
    sql: Sql, root: Path, tmp_path: Path
) -> None:
    good = take_snapshot()
    stolen = tmp_path / "000000000009-x"
    shutil.copytree(good.folder, stolen)
    (root / "current").unlink()
    (root / "current").symlink_to(stolen)
    restart()
    assert reader.current() == good


def test_a_file_lost_after_it_was_opened_is_an_error_for_people(sql: Sql, root: Path) -> None:
    fill(sql, users=4, items=9)
    found = take_snapshot()
    Path(found.files(ITEMS_BY_USER)[0]).unlink()
    with pytest.raises(Unavailable, match="reload the page"):
        metrics.items_by_user(found)


def test_kept_snapshots_are_those_that_can_still_be_read(sql: Sql, root: Path) -> None:
    fill(sql, users=4, items=9)
    first = take_snapshot()
    sql("DELETE FROM item WHERE id = (SELECT max(id) FROM item)")
    second = take_snapshot()
    assert [(s.generation, s.items) for s in reader.kept()] == [
        (second.generation, 8),
        (first.generation, 9),
    ]
    Path(first.files(ITEMS)[0]).write_bytes(b"")
    assert [s.generation for s in reader.kept()] == [second.generation]


def test_a_kept_dataset_is_compared_before_it_is_read(sql: Sql, root: Path) -> None:
    fill(sql, users=4, items=9)
    take_snapshot()
    (found,) = reader.kept()
    reader.verify_dataset(found, TOP_OWNERS)
    damage(found, "flipped")
    reader.verify_dataset(found, TOP_OWNERS)
    with pytest.raises(Broken, match="is not what was written"):
        reader.verify_dataset(found, ITEMS)
