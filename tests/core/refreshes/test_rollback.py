"""An older snapshot made current: for all readers at once, until a superuser lets go."""

import threading
from pathlib import Path

import pytest

from core.actor import Actor
from core.analytics import metrics
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.errors import Conflict, Forbidden, NotFound, TallyError, Unavailable
from core.refreshes import inventory, requests, rollback
from core.settings import get_settings
from core.snapshots import current, folders, integrity, reader
from core.snapshots.manifest import Broken
from core.snapshots.reader import ITEMS, Snapshot
from etl import refresh
from etl.publish import store
from etl.run.run_log import Progress
from tests.conftest import Sql, read_settings, restart
from tests.etl.conftest import fill, rows, take_snapshot


@pytest.fixture
def three(sql: Sql, root: Path, superuser: Actor) -> list[Snapshot]:
    """Three snapshots, with 0, 9 and 10 items; the last one is current."""
    first = take_snapshot()
    fill(sql, users=4, items=9)
    second = take_snapshot()
    sql("INSERT INTO item (title, owner_id) SELECT 'new', min(id) FROM \"user\"")
    return [first, second, take_snapshot()]


def back(actor: Actor, to: Snapshot, seen: Snapshot) -> None:
    """Make a snapshot current."""
    rollback.roll_back(actor=actor, generation=to.generation, seen=seen.generation)


def test_readers_move_at_once_and_other_tools_with_them(
    three: list[Snapshot], superuser: Actor, root: Path
) -> None:
    assert reader.current() == three[2]
    back(superuser, three[1], three[2])
    assert reader.current() == three[1]
    assert metrics.totals(reader.current()).items == 9
    assert len(rows(root / ITEMS / "*.parquet")) == 9
    known = rollback.find()
    assert known is not None
    assert (known.by, known.folder) == ("Ruth Root", three[1].folder.name)
    back(superuser, three[0], three[1])  # from there to another one
    assert reader.current() == three[0]
    rollback.resume(actor=superuser, seen=three[0].generation)
    assert reader.current() == three[2]
    assert rollback.find() is None
    with transaction() as db:
        told = [(e.actor, e.action, e.changes) for e in db.query(AuditEvent).all()]
    numbers = [s.generation for s in three]
    assert told[-3:] == [
        (superuser.email, "snapshot.set_back", {"generation": [numbers[2], numbers[1]]}),
        (superuser.email, "snapshot.set_back", {"generation": [numbers[1], numbers[0]]}),
        (superuser.email, "snapshot.let_go", {"generation": [numbers[0], None]}),
    ]


def test_refreshes_wait_and_say_why(
    three: list[Snapshot], superuser: Actor, staff: Actor, sql: Sql
) -> None:
    back(superuser, three[1], three[2])
    with pytest.raises(Conflict, match="Ruth Root set the data back"), transaction() as db:
        requests.request_refresh(db, actor=staff)
    with pytest.raises(Conflict, match="refreshes wait until a superuser lets go"):
        refresh.run(trigger="command", full=True)
    refresh.recover()  # as every hour and at every start
    assert reader.current() == three[1]
    assert three[2].folder.exists()
    rollback.resume(actor=superuser, seen=three[1].generation)
    sql("UPDATE item SET title = 'other' WHERE id = 1")
    run = refresh.run(trigger="command")
    assert (run.mode, run.items) == ("incremental", 10)
    assert reader.current().generation == run.generation


def test_a_refresh_that_runs_already_is_dropped(three: list[Snapshot], superuser: Actor) -> None:
    def look(now: Progress) -> None:
        if now.step == "publish" and rollback.find() is None:
            back(superuser, three[1], three[2])

    with pytest.raises(Unavailable, match="was set back to an older snapshot meanwhile"):
        refresh.run(trigger="test", full=True, progress=look)
    assert reader.current() == three[1]


def test_without_what_it_came_from_the_next_refresh_writes_everything(
    three: list[Snapshot], superuser: Actor, sql: Sql
) -> None:
    back(superuser, three[1], three[2])
    three[2].folder.joinpath("manifest.json").unlink()  # deleted by hand meanwhile
    rollback.resume(actor=superuser, seen=three[1].generation)
    assert reader.current() == three[1]  # the newest there is
    run = refresh.run(trigger="test")
    assert (run.mode, run.reason) == (
        "full",
        "The notes of changes since the earlier snapshot are not all there.",
    )
    assert run.items == 10
    assert (run.generation or 0) > three[2].generation
    assert reader.current().generation == run.generation


@pytest.mark.parametrize("step", ["link", "fsync_folder"])
def test_a_crash_on_the_way_is_carried_out_by_the_next_who_cleans(
    three: list[Snapshot], superuser: Actor, root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original = getattr(current, step)

    def die(*args: object) -> None:
        if rollback.find() is not None:
            raise SystemExit
        original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(current, step, die)
        with pytest.raises(SystemExit):
            back(superuser, three[1], three[2])
    assert reader.current() == three[2]
    refresh.recover()
    assert reader.current() == three[1]
    assert three[2].folder.exists()


def test_a_crash_while_letting_go_leaves_it_set_back(
    three: list[Snapshot], superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    back(superuser, three[1], three[2])

    def die(_: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(current, "fsync_folder", die)
        with pytest.raises(SystemExit):
            rollback.resume(actor=superuser, seen=three[1].generation)
    refresh.recover()
    assert reader.current() == three[1]
    assert rollback.find() is not None
    rollback.resume(actor=superuser, seen=three[1].generation)
    assert reader.current() == three[2]


def test_of_two_superusers_at_once_one_is_first(
    three: list[Snapshot], superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2)
    results: list[int | str] = []
    verify = integrity.verify

    def wait(folder: Path) -> object:
        together.wait(10)
        return verify(folder)

    def go(to: Snapshot) -> None:
        try:
            back(superuser, to, three[2])
        except TallyError as error:
            results.append(error.message)
        else:
            results.append(to.generation)

    monkeypatch.setattr(integrity, "verify", wait)
    threads = [threading.Thread(target=go, args=(to,)) for to in three[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    monkeypatch.undo()
    won = [result for result in results if isinstance(result, int)]
    assert len(won) == 1
    assert rollback.OTHERS_FIRST in results
    assert int(Path(get_settings().parquet_path / "current").resolve().name[:12]) == won[0]


def test_what_cannot_be_made_current(three: list[Snapshot], superuser: Actor, staff: Actor) -> None:
    with pytest.raises(Forbidden):
        back(staff, three[1], three[2])
    with pytest.raises(NotFound, match="no longer there"):
        rollback.roll_back(actor=superuser, generation=999, seen=three[2].generation)
    with pytest.raises(NotFound, match="not set back"):
        rollback.resume(actor=superuser, seen=three[2].generation)
    with pytest.raises(Conflict, match="another snapshot current meanwhile"):
        back(superuser, three[0], three[1])
    path = Path(three[1].files(ITEMS)[0])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Conflict, match="damaged"):
        back(superuser, three[1], three[2])
    assert reader.current() == three[2]
    assert rollback.find() is None


def test_what_is_current_is_not_pruned(
    three: list[Snapshot], superuser: Actor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEP_SNAPSHOTS", "1")
    monkeypatch.setenv("KEEP_SNAPSHOTS_HOURS", "0")
    read_settings()
    back(superuser, three[1], three[2])
    places = [one.folder for one in three]
    three.clear()
    restart()  # nobody reads any of them now
    before = iter([places[2]])  # it was set back just after that was read
    published = folders.published_folder
    monkeypatch.setattr(folders, "published_folder", lambda r: next(before, published(r)))
    assert store.prune(root) == 1
    assert [folder.exists() for folder in places] == [False, True, True]


def test_what_is_on_disk_is_listed(three: list[Snapshot], superuser: Actor, staff: Actor) -> None:
    path = Path(three[0].files(ITEMS)[0])
    path.write_bytes(b"")
    reader.condemn(three[0].folder, Broken("it is empty"))
    with transaction() as db:
        found = inventory.list_stored(db, actor=superuser)
    assert [(s.generation, s.current, s.items, s.problem) for s in found] == [
        (three[2].generation, True, 10, None),
        (three[1].generation, False, 9, None),
        (three[0].generation, False, 0, "it is empty"),
    ]
    assert all(s.held for s in found)  # by this test
    assert all(s.bytes for s in found)
    with pytest.raises(Forbidden), transaction() as db:
        inventory.list_stored(db, actor=staff)
