"""What a refresh writes: the parts that changed, or everything as soon as there is any doubt."""

import json
import os
import shutil
import time
from pathlib import Path

import psycopg2
import pytest

from core.db.engine import transaction
from core.snapshots import change_log, reader
from core.snapshots.partitions import PARTITION_BITS
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.extract import plan
from etl.publish import store
from tests.conftest import Sql, restart
from tests.etl.conftest import fill, rows, take_snapshot

PART = 1 << PARTITION_BITS


@pytest.fixture
def world(sql: Sql) -> Sql:
    """Three parts of items and one of users, refreshed once."""
    fill(sql, users=20, items=50)
    for part in (1, 2):
        sql(
            "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE"
            " SELECT %s + g, 'far', 1 FROM generate_series(1, 5) g",
            part * PART,
        )
    assert refresh.run(trigger="test").mode == "full"
    return sql


def inodes(dataset: str) -> set[int]:
    return {Path(path).stat().st_ino for path in reader.current().files(dataset)}


def test_only_the_parts_that_changed_are_written(world: Sql, root: Path) -> None:
    users, items = inodes(USERS), inodes(ITEMS)
    world("UPDATE item SET title = 'new' WHERE id = %s", PART + 1)
    run = refresh.run(trigger="test")
    assert (run.mode, run.reason, run.parts_written, run.rows_written) == (
        "incremental",
        None,
        1,
        5,
    )
    assert inodes(USERS) == users
    assert len(inodes(ITEMS) & items) == 2
    assert (PART + 1, "new") in rows(root / ITEMS, "item_id, title")


def test_nothing_changed_makes_no_snapshot(world: Sql, root: Path) -> None:
    before = reader.current()
    world("UPDATE auth_session SET user_agent = 'x'")
    run = refresh.run(trigger="test")
    assert (run.status, run.mode, run.generation) == ("succeeded", "unchanged", before.generation)
    assert (run.users, run.items, run.parts_written) == (20, 60, 0)
    assert reader.current() == before
    assert not list((root / "snapshots").glob("*staging*"))


def test_an_emptied_part_is_gone_and_an_empty_table_keeps_its_shape(world: Sql, root: Path) -> None:
    world("DELETE FROM item WHERE id > %s", PART)
    assert refresh.run(trigger="test", accept_drop=True).mode == "incremental"
    assert len(reader.current().files(ITEMS)) == 1
    world("TRUNCATE item")
    run = refresh.run(trigger="test", accept_drop=True)
    assert (run.mode, run.items) == ("incremental", 0)
    assert rows(root / ITEMS) == []
    world(
        "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (%s, 'x', 1)", PART
    )
    refresh.run(trigger="test")
    assert [row[0] for row in rows(root / ITEMS)] == [PART]
    assert len(reader.current().files(ITEMS)) == 1


def test_a_long_transaction_is_seen_when_it_commits(world: Sql, environment: str) -> None:
    slow = psycopg2.connect(environment)
    slow.cursor().execute("UPDATE item SET title = 'slow' WHERE id = 1")
    world("UPDATE item SET title = 'quick' WHERE id = 2")
    assert refresh.run(trigger="test").mode == "incremental"
    assert refresh.run(trigger="test").mode == "unchanged"
    slow.commit()
    slow.close()
    assert refresh.run(trigger="test").mode == "incremental"
    titles: dict[int, str] = dict(rows(Path(reader.current().files(ITEMS)[0]), "item_id, title"))
    assert (titles[1], titles[2]) == ("slow", "quick")


DOUBTS: dict[str, tuple[str, str]] = {
    "TRUNCATE change_note": ("notes of changes", "emptied"),
    "DELETE FROM change_note": ("notes of changes", "deleted"),
    "UPDATE change_note SET part = 7": ("notes of changes", "altered"),
    "DELETE FROM refresh_mark": ("notes of changes", "restored from a backup"),
    "ALTER TABLE item DISABLE TRIGGER note_update": ("item.note_update", "off"),
    "ALTER TABLE item ENABLE TRIGGER note_update": ("item.note_update", "not always"),
    'DROP TRIGGER note_delete ON "user"': ("user.note_delete", "missing"),
    "ALTER TABLE item DISABLE TRIGGER note_update; "
    "UPDATE item SET title = 'unseen' WHERE id = 3; "
    "ALTER TABLE item ENABLE ALWAYS TRIGGER note_update": ("altered since", "off for a while"),
    "ALTER TABLE item ALTER created_at TYPE timestamptz USING created_at - interval '1 day'": (
        "altered since",
        "rewritten without a trigger",
    ),
}


@pytest.mark.parametrize("statement", DOUBTS)
def test_in_doubt_everything_is_written(statement: str, world: Sql, root: Path) -> None:
    world("UPDATE item SET title = 'noted' WHERE id = 1")
    world(statement)
    run = refresh.run(trigger="test")
    assert run.mode == "full"
    assert DOUBTS[statement][0] in (run.reason or "")
    found = world("SELECT id, title, created_at FROM item ORDER BY id")
    assert rows(root / ITEMS, "item_id, title, created_at") == found


@pytest.mark.parametrize("how", ["folder gone", "manifest cut", "other store", "no link"])
def test_an_earlier_snapshot_that_cannot_be_trusted(how: str, world: Sql, root: Path) -> None:
    folder = reader.current().folder
    if how == "folder gone":
        shutil.rmtree(folder)
    elif how == "manifest cut":
        (folder / "manifest.json").write_text("{")
    elif how == "other store":
        (root / ".store").unlink()
    else:
        (root / "current").unlink()
    restart()
    run = refresh.run(trigger="test")
    assert run.mode == "full"
    assert run.reason
    assert refresh.run(trigger="test").mode == "unchanged"


def test_a_full_refresh_can_be_asked_for(world: Sql) -> None:
    run = refresh.run(trigger="test", full=True)
    assert (run.mode, run.reason) == ("full", plan.FORCED)


def test_a_database_made_anew_is_another_one(world: Sql, environment: str) -> None:
    world("ALTER TABLE item RENAME TO old_item")
    world("CREATE TABLE item (LIKE old_item INCLUDING ALL)")
    world(
        "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE"
        " SELECT id, title, owner_id FROM old_item LIMIT 40"
    )
    assert refresh.run(trigger="test").mode == "full"


def test_notes_are_pruned_and_kept_for_others_who_need_them(world: Sql, root: Path) -> None:
    assert world("SELECT count(*) FROM change_note") == [(0,)]
    assert world("SELECT count(*) FROM refresh_mark") == [(1,)]
    world(
        "INSERT INTO refresh_mark (store, token, pg_snapshot)"
        " SELECT gen_random_uuid(), token, pg_snapshot FROM refresh_mark"
    )
    world("UPDATE item SET title = 'x' WHERE id = 1")
    refresh.run(trigger="test")
    assert world("SELECT count(*) FROM change_note") == [(1,)]
    world("UPDATE refresh_mark SET marked_at = now() - interval '8 days'")
    world("UPDATE item SET title = 'y' WHERE id = 1")
    refresh.run(trigger="test")
    assert world("SELECT count(*) FROM change_note") == [(0,)]
    assert world("SELECT count(*) FROM refresh_mark") == [(1,)]


def test_a_crash_between_mark_and_publication_costs_nothing(
    world: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    world("UPDATE item SET title = 'x' WHERE id = 1")

    def crash(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish", crash)
        with pytest.raises(ZeroDivisionError):
            refresh.run(trigger="test")
    assert world("SELECT count(*) FROM refresh_mark") == [(2,)]
    assert refresh.run(trigger="test").mode == "incremental"
    assert world("SELECT count(*) FROM refresh_mark") == [(1,)]


def test_a_crash_between_publication_and_pruning_costs_nothing(
    world: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    world("UPDATE item SET title = 'x' WHERE id = 1")

    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(change_log, "prune", crash)
        with pytest.raises(ZeroDivisionError):
            refresh.run(trigger="test")
    assert refresh.run(trigger="test").mode == "unchanged"
    world("UPDATE item SET title = 'y' WHERE id = 2")
    assert refresh.run(trigger="test").mode == "incremental"


def test_how_much_newer_the_database_is(world: Sql) -> None:
    world("INSERT INTO item (title, owner_id) VALUES ('a', 1), ('b', 1)")
    world("UPDATE item SET title = 'c' WHERE id = 1")
    world('UPDATE "user" SET full_name = null WHERE id = 2')
    world("DELETE FROM item WHERE id = 5")
    assert newer() == change_log.Newer(
        item=change_log.Rows(inserted=2, updated=1, deleted=1), user=change_log.Rows(updated=1)
    )
    world("TRUNCATE item")
    found = newer()
    assert found is not None
    assert found.item.whole
    refresh.run(trigger="test", accept_drop=True)
    found = newer()
    assert found is not None
    assert found.nothing


def test_how_much_newer_is_not_known_without_the_mark(world: Sql) -> None:
    world("UPDATE item SET title = 'c' WHERE id = 1")
    world("DELETE FROM refresh_mark")
    assert newer() is None


def test_many_notes_are_counted_by_the_index_and_up_to_a_limit(world: Sql) -> None:
    world("INSERT INTO change_note SELECT 'item', 0, xid8 '3', 1 FROM generate_series(1, 60000)")
    other = "gen_random_uuid(), gen_random_uuid(), '3:3:'"  # a folder that still needs them
    world(f"INSERT INTO refresh_mark (store, token, pg_snapshot) VALUES ({other})")
    refresh.run(trigger="test")
    world(
        "INSERT INTO change_note"
        " SELECT 'item', 0, pg_current_xact_id(), 1 FROM generate_series(1, 30000)"
    )
    world("ANALYZE change_note")
    found = newer()
    assert found == change_log.Newer(item=change_log.Rows(inserted=10_000), more=True)
    query = change_log.NEWER.replace(":snapshot", "%s").replace(":most", "%s")
    pg_snapshot = reader.current().manifest.pg_snapshot
    plan = world(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", pg_snapshot, pg_snapshot, change_log.MOST_ENTRIES
    )
    text = json.dumps(plan[0][0])
    assert "ix_change_note_xid" in text
    assert "Seq Scan" not in text
    assert "Sort" not in text.replace('"Sort Key"', "")


def newer() -> change_log.Newer | None:
    """Ask how much newer the database is than the snapshot that is served."""
    manifest = reader.current().manifest
    with transaction() as db:
        return change_log.newer(
            db, store=manifest.store, token=manifest.token, pg_snapshot=manifest.pg_snapshot
        )


def test_a_clock_that_was_set_back_changes_nothing(world: Sql, root: Path) -> None:
    folder = reader.current().folder
    ahead = time.time() + 86_400
    os.utime(folder, (ahead, ahead))
    world("UPDATE item SET title = 'x' WHERE id = 1")
    assert refresh.run(trigger="test").mode == "incremental"
    assert take_snapshot().folder.name > folder.name
