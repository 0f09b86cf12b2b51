"""What is wrong is not published, and what is doubtful waits for a superuser."""

from pathlib import Path

import pytest

from core.actor import Actor
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.errors import Forbidden, NotFound, Unavailable
from core.refreshes import requests
from core.snapshots import reader
from etl import refresh
from etl.extract.datasets import Table
from etl.verify import verification
from etl.verify.verification import Difference
from etl.views import item_counts
from etl.views.owner_counts import OwnerCounts
from tests.conftest import Sql, read_settings
from tests.etl.conftest import fill, take_snapshot


def latest() -> RefreshRun:
    with transaction() as db:
        found = requests.trouble(db)
    assert found is not None
    return found


@pytest.mark.parametrize("full", [True, False])
def test_a_large_drop_is_held_until_a_superuser_releases_it(
    sql: Sql, superuser: Actor, staff: Actor, full: bool
) -> None:
    fill(sql, users=10, items=100)
    before = take_snapshot()
    sql("DELETE FROM item WHERE id > 49")
    with pytest.raises(Unavailable, match=r"Items fell from 100 to 49 rows, more than 50%"):
        refresh.run(trigger="test", full=full)
    assert latest().status == "held"
    assert reader.current() == before
    with transaction() as db, pytest.raises(Forbidden):
        requests.release_held(db, actor=staff)
    with transaction() as db:
        asked = requests.release_held(db, actor=superuser)
    run = refresh.run(trigger="schedule")
    assert (run.id, run.trigger, run.items) == (asked.id, "release", 49)
    assert reader.current().items == 49
    with transaction() as db:
        assert requests.trouble(db) is None
        with pytest.raises(NotFound):
            requests.release_held(db, actor=superuser)


def test_half_is_not_more_than_half(sql: Sql) -> None:
    fill(sql, users=10, items=100)
    take_snapshot()
    sql("DELETE FROM item WHERE id > 50")
    assert refresh.run(trigger="test").items == 50


def test_the_share_is_a_setting_and_the_command_line_may_accept(
    sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sql, users=10, items=100)
    take_snapshot()
    monkeypatch.setenv("REFRESH_HOLD_DROP_PERCENT", "5")
    read_settings()
    sql("DELETE FROM item WHERE id > 94")
    with pytest.raises(Unavailable, match="more than 5%"):
        refresh.run(trigger="test")
    assert refresh.run(trigger="test", accept_drop=True).items == 94


def test_items_without_owners_are_refused(sql: Sql, root: Path) -> None:
    fill(sql, users=10, items=30)
    before = take_snapshot()
    sql("ALTER TABLE item DROP CONSTRAINT fk_item_owner_id")
    sql("INSERT INTO item (title, owner_id) VALUES ('lost', 404), ('far', 1 << 30)")
    for full in (False, True):
        with pytest.raises(Unavailable, match=r"owners do not exist: users .*1073741824"):
            refresh.run(trigger="test", full=full)
    assert reader.current() == before
    sql("DELETE FROM item WHERE owner_id > 100")
    assert refresh.run(trigger="test").status == "succeeded"


def test_two_users_with_one_address_are_refused(sql: Sql) -> None:
    fill(sql, users=10, items=30)
    sql("DROP INDEX uq_user_lower_email")
    sql("UPDATE \"user\" SET email = 'USER2@example.com' WHERE id = 1")
    with pytest.raises(Unavailable, match=r"share an address: user2@example.com"):
        refresh.run(trigger="test")


def test_a_column_of_another_type_is_refused(sql: Sql) -> None:
    sql("ALTER TABLE item ALTER created_at TYPE timestamp")
    told = "column created_at as timestamp with time zone; it has timestamp without time zone"
    with pytest.raises(Unavailable, match=told):
        refresh.run(trigger="test")


@pytest.mark.parametrize("full", [True, False])
def test_rows_that_were_not_exported_are_noticed(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    fill(sql, users=10, items=30)
    before = take_snapshot()
    sql("UPDATE item SET title = 'x' WHERE id = 1")
    select = Table.select

    def forgetful(self: Table, part: int) -> str:
        return select(self, part).replace('"item" WHERE', '"item" WHERE id <> 7 AND')

    monkeypatch.setattr(Table, "select", forgetful)
    with pytest.raises(Unavailable, match="29 rows were exported, and the database has 30"):
        refresh.run(trigger="test", full=full)
    assert reader.current() == before


def test_verify_finds_nothing_where_nothing_is_wrong(sql: Sql) -> None:
    fill(sql, users=10, items=30)
    take_snapshot()
    report = verification.verify()
    assert (report.partitions, report.differences, report.views) == (2, (), ())


def test_verify_sees_no_difference_in_views_that_followed_changes(sql: Sql) -> None:
    fill(sql, users=200, items=900)
    take_snapshot()
    for statement in (
        "INSERT INTO item (title, owner_id) SELECT 'new', min(id) FROM \"user\"",
        'DELETE FROM "user" WHERE id = (SELECT owner_id FROM item WHERE id = 17)',
        "UPDATE \"user\" SET full_name = 'Other' WHERE id % 70 = 3",
        "UPDATE item SET created_at = now() WHERE id % 300 = 1",
    ):
        sql(statement)
        assert take_snapshot()
        assert verification.verify().wrong == []
    sql("UPDATE \"user\" SET full_name = 'Newer'")
    assert verification.verify().views == ()  # they are compared as of the snapshot


@pytest.mark.parametrize("view", ["item_counts.parquet", "items_by_user.parquet"])
def test_verify_names_a_view_that_is_not_what_its_parts_add_up_to(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    fill(sql, users=10, items=30)
    with monkeypatch.context() as patch:
        if view == "item_counts.parquet":
            count = item_counts.count
            patch.setattr(item_counts, "count", lambda counts, users: count(counts, users + 1))
        else:
            pairs = OwnerCounts.pairs
            patch.setattr(OwnerCounts, "pairs", lambda self: (pairs(self)[0], pairs(self)[1] + 1))
        take_snapshot()
    found = [str(difference) for difference in verification.verify().wrong]
    assert any(text.startswith(f"{view}: ") and "missing" in text for text in found), found


def test_verify_names_what_differs_by_part_and_id(sql: Sql, root: Path) -> None:
    fill(sql, users=10, items=30)
    take_snapshot()
    for table in ('"user"', "item"):
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql("UPDATE item SET title = 'unseen' WHERE id = 3")
    sql("DELETE FROM item WHERE id = 4")
    sql("INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (99, 'x', 1)")
    (found,) = verification.verify().wrong
    assert isinstance(found, Difference)
    assert (found.missing, found.surplus, found.unequal) == ((99,), (4,), (3,))
    assert str(found).startswith("item, part 0: 1 missing from the snapshot: 99")


def test_verify_expects_changes_that_were_noted(sql: Sql, root: Path) -> None:
    fill(sql, users=10, items=30)
    take_snapshot()
    sql("UPDATE item SET title = 'newer' WHERE id = 3")
    report = verification.verify()
    assert report.wrong == []
    assert [difference.unequal for difference in report.newer] == [(3,)]


def test_verify_says_when_the_snapshot_is_damaged_or_missing(sql: Sql) -> None:
    with pytest.raises(Unavailable, match="There is no snapshot yet"):
        verification.verify()
    path = Path(take_snapshot().files("totals.parquet")[0])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Unavailable, match=r"is damaged: totals.parquet has"):
        verification.verify()
