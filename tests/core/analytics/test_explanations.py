"""Explained numbers: counted from rows as PostgreSQL counts them, and recounted there by name."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from core import process
from core.actor import Actor
from core.analytics import explanations, metrics, recount
from core.analytics.recount import Recount
from core.calendar.periods import Period
from core.errors import Forbidden, NotFound, TallyError, Unavailable
from core.snapshots.reader import Snapshot
from tests.conftest import Sql, restart
from tests.etl.conftest import fill, take_snapshot


@pytest.fixture
def snapshot(sql: Sql) -> Snapshot:
    """Of twenty users and ninety items, a few of them new."""
    fill(sql, users=20, items=90)
    sql("UPDATE item SET created_at = now() - interval '3 days' WHERE id % 9 = 0")
    sql("UPDATE \"user\" SET created_at = now() - interval '40 days' WHERE id % 3 = 0")
    return take_snapshot()


def count(snapshot: Snapshot, name: str, **about: object) -> int:
    """Return the number that is explained, having looked that its rows are as many."""
    found = explanations.explain(snapshot, explanations.ask(snapshot, name, **about))
    assert found.rows.num_rows == min(found.count, explanations.SHOWN)
    return found.count


def test_every_figure_is_what_postgresql_counts(snapshot: Snapshot, sql: Sql) -> None:
    totals = metrics.totals(snapshot)
    assert count(snapshot, "users") == totals.users == 20
    assert count(snapshot, "active_users") == totals.active_users
    assert count(snapshot, "items") == totals.items == 90
    assert count(snapshot, "owners") == totals.owners
    for period, new in metrics.new(snapshot).items():
        assert count(snapshot, "new_users", period=period.value) == new.users
        assert count(snapshot, "new_items", period=period.value) == new.items
    assert metrics.new(snapshot)[Period.DAYS_7].items == 10


@pytest.mark.parametrize(("name", "whose"), [("new_items", {}), ("items_of_user", {"user_id": 1})])
def test_what_is_exactly_so_old_is_no_longer_new(
    snapshot: Snapshot, name: str, whose: dict[str, int]
) -> None:
    exported_snapshot = timedelta(microseconds=1)
    for period, days in (("7d", 7), ("30d", 30)):
        question = explanations.ask(snapshot, name, period=period, **whose)
        assert question.since == snapshot.taken_at - timedelta(days=days) + exported_snapshot
        assert question.until == snapshot.taken_at + exported_snapshot


def test_the_items_of_a_user_and_of_a_day(snapshot: Snapshot, sql: Sql) -> None:
    ((owner, owned),) = sql(
        "SELECT owner_id, count(*) FROM item GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    assert count(snapshot, "items_of_user", user_id=owner) == owned
    recent = sql("SELECT count(*) FROM item WHERE owner_id = %s AND id %% 9 = 0", owner)
    assert [(count(snapshot, "items_of_user", user_id=owner, period="7d"),)] == recent
    day = datetime(2026, 2, 1, tzinfo=UTC)
    found = count(snapshot, "created_items", since=day, until=day + timedelta(hours=12))
    query = "SELECT count(*) FROM item WHERE created_at >= %s AND created_at < %s"
    assert [(found,)] == sql(query, day, day + timedelta(hours=12))
    assert count(snapshot, "created_users", since=day, until=day) == 0


def test_what_nobody_knows_is_said(snapshot: Snapshot) -> None:
    with pytest.raises(NotFound, match="no explanation of nonsense"):
        explanations.ask(snapshot, "nonsense")
    with pytest.raises(NotFound, match="not in the snapshot"):
        explanations.ask(snapshot, "items_of_user", user_id=404)


def test_the_sql_is_the_text_that_ran(snapshot: Snapshot) -> None:
    found = explanations.explain(snapshot, explanations.ask(snapshot, "active_users"))
    assert "WHERE ($active::BOOLEAN IS NULL OR is_active = $active)" in found.sql
    assert found.parameters == {"active": True, "since": None, "until": None}
    assert found.question.definition == (
        "Users whose account is active: not switched off by a superuser."
    )


def ask(actor: Actor, snapshot: Snapshot, name: str, **about: object) -> Recount:
    """Recount a number in PostgreSQL."""
    question = explanations.ask(snapshot, name, **about)
    return recount.recount(actor=actor, snapshot=snapshot, question=question)


def test_a_recount_names_what_is_newer_and_what_is_gone(
    snapshot: Snapshot, sql: Sql, system: Actor
) -> None:
    same = ask(system, snapshot, "items")
    assert (same.count, same.newer, same.gone, same.named) == (90, (), (), True)
    ((owner,),) = sql("SELECT owner_id FROM item WHERE id = 5")
    before = count(snapshot, "items_of_user", user_id=owner)
    sql(
        "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (700, 'x', %s)",
        owner,
    )
    sql("DELETE FROM item WHERE id = 5")
    sql(
        "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (%s, 'y', %s)",
        9 << 18,
        owner,
    )
    sql("UPDATE item SET title = 'only another title' WHERE id = 6")
    found = ask(system, snapshot, "items_of_user", user_id=owner)
    assert (found.count, found.newer, found.gone) == (before + 1, (700, 9 << 18), (5,))
    assert abs(datetime.now(UTC) - found.at) < timedelta(minutes=1)
    everything = ask(system, snapshot, "items")
    assert (everything.count, everything.newer, everything.gone) == (91, (700, 9 << 18), (5,))


def test_a_row_that_changed_sides_is_gone_for_one_and_newer_for_the_other(
    snapshot: Snapshot, sql: Sql, system: Actor
) -> None:
    sql('UPDATE "user" SET is_active = NOT is_active WHERE id IN (1, 3)')  # 1 was active
    found = ask(system, snapshot, "active_users")
    assert (found.newer, found.gone) == ((3,), (1,))
    owners = ask(system, snapshot, "owners")
    assert (owners.count, owners.named) == (metrics.totals(snapshot).owners, False)


@pytest.mark.parametrize("doubt", ["DELETE FROM refresh_mark", "TRUNCATE item"])
def test_what_the_notes_cannot_tell_is_not_claimed(
    snapshot: Snapshot, sql: Sql, system: Actor, doubt: str
) -> None:
    sql(doubt)
    assert not ask(system, snapshot, "items").named


def test_many_parts_are_not_all_compared(snapshot: Snapshot, sql: Sql, system: Actor) -> None:
    sql(
        "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE"
        " SELECT i::bigint << 18, 'far', 1 FROM generate_series(1, 12) i"
    )
    found = ask(system, snapshot, "items")
    assert (found.count, len(found.newer), found.named) == (102, recount.MOST_PARTS, False)


def test_one_counts_at_a_time_and_who_waits_too_long_is_stopped(
    snapshot: Snapshot, environment: str, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERY_TIMEOUT_SECONDS", "2")
    restart()
    blocker = psycopg2.connect(environment)
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    results: list[str] = []

    def first() -> None:
        try:
            ask(system, snapshot, "items")
        except TallyError as error:
            results.append(error.message)

    thread = threading.Thread(target=first)
    thread.start()
    while not process.resource(recount.Counting).lock.locked():
        pass
    with pytest.raises(Unavailable, match="Somebody is counting"):
        ask(system, snapshot, "items")
    thread.join(20)
    blocker.close()
    assert results == [
        "The database took too long to answer, so this was stopped and nothing was saved."
    ]
    assert ask(system, snapshot, "items").count == 90


def test_it_only_reads_and_only_for_staff(
    snapshot: Snapshot, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Forbidden):
        ask(Actor(id=404, email="nobody@example.com"), snapshot, "items")
    owned = "nextval('item_id_seq') > 0"  # no query of ours writes: this one would
    monkeypatch.setitem(recount.CONDITIONS, "owners", owned)
    with pytest.raises(Unavailable, match="read-only") as refused:
        ask(system, snapshot, "owners")
    assert "nextval() in a read-only transaction" in str(refused.value.__cause__)
