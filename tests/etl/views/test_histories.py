"""Random histories: after each refresh, the snapshot is what SELECT sees at the same instant."""

import polars as pl
import psycopg2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.analytics import metrics, ranking
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking import pages
from core.calendar.periods import Period
from core.settings import get_settings
from core.snapshots import reader
from core.snapshots.partitions import PARTITION_BITS
from core.snapshots.reader import ITEMS, USERS, Snapshot
from core.text.folding import fold, split_words
from etl import refresh
from etl.extract.exported_snapshot import ExportedSnapshot
from etl.publish import quality_gate
from etl.views.ranking import delta
from tests.conftest import execute, read_settings

PART = 1 << PARTITION_BITS
USER_COLUMNS = (
    "id, email, full_name, is_active, is_staff, is_superuser, created_at, updated_at, search_text"
)
ITEM_COLUMNS = "id, owner_id, title, description, created_at, updated_at, search_text"
RANKING = """
SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,
    u.created_at, count(*)
FROM "user" u JOIN item i ON owner_id = u.id GROUP BY u.id ORDER BY 1
"""
DAYS = """
SELECT day, sum(users)::bigint, sum(items)::bigint FROM (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS users, 0 AS items FROM "user"
    UNION ALL SELECT (created_at AT TIME ZONE 'UTC')::date, 0, 1 FROM item
) AS days GROUP BY day ORDER BY day
"""
TOTALS = """
SELECT (SELECT count(*) FROM "user"), (SELECT count(*) FROM "user" WHERE is_active),
    (SELECT count(*) FROM item), (SELECT count(DISTINCT owner_id) FROM item)
"""
RECENT = """
SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,
    u.created_at, count(*)
FROM "user" u JOIN item i ON owner_id = u.id
WHERE i.created_at > %s - make_interval(hours => %s * 24) AND i.created_at <= %s
GROUP BY u.id ORDER BY 1
"""
NEW = """
SELECT count(*) FILTER (WHERE age < days), count(*) FILTER (WHERE age >= days AND age < 2 * days)
FROM (
    SELECT make_interval(hours => %s * 24) AS days, %s - created_at AS age FROM {table}
) AS ages WHERE age >= '0'
"""
OWNED = 'SELECT (SELECT count(*) FROM item WHERE owner_id = u.id) FROM "user" u'

Writer = tuple[int, str]


class Seen:
    """What PostgreSQL shows at the instant of a refresh, asked in its own transaction."""

    def __init__(self, exported_snapshot: ExportedSnapshot) -> None:
        self.users = exported_snapshot.ask(f'SELECT {USER_COLUMNS} FROM "user" ORDER BY id')
        self.items = exported_snapshot.ask(f"SELECT {ITEM_COLUMNS} FROM item ORDER BY id")
        self.ranking = exported_snapshot.ask(RANKING)
        self.days = exported_snapshot.ask(DAYS)
        self.totals = exported_snapshot.ask(TOTALS)[0]
        self.owned = [row[0] for row in exported_snapshot.ask(OWNED)]
        at = exported_snapshot.taken_at
        self.recent = {days: exported_snapshot.ask(RECENT, at, days, at) for days in (7, 30, 90)}
        self.new = {
            days: [
                number
                for table in ('"user"', "item")
                for number in exported_snapshot.ask(NEW.format(table=table), days, at)[0]
            ]
            for days in (7, 30)
        }


def has_words(text: str, search: str) -> bool:
    """Whether a text has all words of a search."""
    return all(word in fold(text) for word in split_words(search))


def compare(snapshot: Snapshot, seen: Seen) -> None:
    """Compare everything that a snapshot holds, and what the readers make of it."""
    assert pl.read_parquet(snapshot.files(USERS)).sort("user_id").rows() == seen.users
    assert pl.read_parquet(snapshot.files(ITEMS)).sort("item_id").rows() == seen.items
    assert metrics.items_by_user(snapshot, limit=10_000).rows() == seen.ranking
    for skip in range(0, 30, 3):
        page = metrics.items_by_user(snapshot, skip=skip, limit=3)
        assert page.rows() == seen.ranking[skip : skip + 3]
    assert metrics.created_per_day(snapshot).rows() == seen.days
    totals = metrics.totals(snapshot)
    assert (totals.users, totals.active_users, totals.items, totals.owners) == seen.totals
    for text in ("user1", "NAME 3", "é"):
        found = [row for row in seen.ranking if has_words(f"{row[2]} {row[3] or ''}", text)]
        assert metrics.items_by_user(snapshot, OwnerFilter(text), limit=10_000).rows() == found
        assert (
            metrics.items_by_user(snapshot, OwnerFilter(text), skip=2, limit=2).rows() == found[2:4]
        )
        assert metrics.count_items_by_user(snapshot, OwnerFilter(text)) == len(found)
    active = OwnerFilter(active="yes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "STREAM_ROWS", 3)
        walk = [frame.rows() for frame in ranking.stream_owners(snapshot, active)]
    assert [row for rows in walk for row in rows] == [row for row in seen.ranking if row[4]]
    compare_recent(snapshot, seen)
    edges = [(0, 0), (1, 1), (2, 5), (6, 10), (11, 50), (51, 100), (101, 1000), (1001, 2**62)]
    expected = [sum(least <= n <= most for n in seen.owned) for least, most in edges]
    assert metrics.distribution(snapshot)["users"].to_list() == expected


def compare_recent(snapshot: Snapshot, seen: Seen) -> None:
    """Compare who is on top, of all time and lately, and how much is new."""
    for period in Period:
        ranked = seen.recent[period.days] if period.days else seen.ranking
        top = [(*row[:5], row[6]) for row in ranked[:100]]
        assert metrics.top_owners(snapshot, period).rows() == top
        first = [(*row[1:4], row[5]) for row in top[:10]]
        assert metrics.active_users(snapshot, period).rows() == first
        filters = OwnerFilter(period=period, active="yes", least=2)
        found = [row for row in ranked if row[4] and row[6] >= 2]
        assert metrics.items_by_user(snapshot, filters, skip=1, limit=3).rows() == found[1:4]
        assert metrics.count_items_by_user(snapshot, filters) == len(found)
        plain = OwnerFilter(period=period)
        assert metrics.items_by_user(snapshot, plain, skip=2, limit=4).rows() == ranked[2:6]
        assert metrics.count_items_by_user(snapshot, plain) == len(ranked)
    for period, new in metrics.new(snapshot).items():
        new_of_both = [new.users, new.users_before, new.items, new.items_before]
        assert new_of_both == seen.new[period.days or 0]


class Histories(RuleBasedStateMachine):
    """Writers commit, roll back, and stay open over refreshes; every refresh is compared."""

    url: str
    ids = st.sampled_from([*range(1, 9), *range(1, 13), PART - 1, PART, PART + 1, 3 * PART])

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self.writers = [psycopg2.connect(self.url) for _ in range(2)]

    @initialize()
    def fill(self) -> None:
        execute(
            self.url,
            'TRUNCATE "user", item RESTART IDENTITY CASCADE',
            'INSERT INTO "user" (email, hashed_password, full_name, created_at)'
            " SELECT 'user' || g || '@example.com', '!', nullif('Namé ' || g % 4, 'Namé 0'),"
            " timestamptz '2026-01-01' + g * interval '5 hours' FROM generate_series(1, 8) g",
            "INSERT INTO item (title, owner_id, created_at) SELECT 't', 1 + g % 7,"
            " timestamptz '2026-01-01' + g * interval '7 hours' FROM generate_series(1, 20) g",
        )

    def run(self, writer: Writer, statement: str, *parameters: object) -> None:
        number, end = writer
        connection = self.writers[number]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 50")
            cursor.execute("SAVEPOINT before")
            try:
                cursor.execute(statement, parameters)
            except psycopg2.Error:
                cursor.execute("ROLLBACK TO before")  # taken, missing, or locked by the other
        if end != "stay":
            connection.commit() if end == "commit" else connection.rollback()

    # Which of two connections writes, and what becomes of its transaction after that.
    writer = st.tuples(st.integers(0, 1), st.sampled_from(["commit"] * 6 + ["stay", "roll back"]))

    @rule(writer=writer, id=ids, name=st.sampled_from([None, "Name 3", "Ünal"]))
    def add_user(self, writer: Writer, id: int, name: str | None) -> None:
        self.run(
            writer,
            'INSERT INTO "user" (id, email, hashed_password, full_name) OVERRIDING SYSTEM VALUE'
            " VALUES (%s, 'user' || %s || '@example.com', '!', %s)",
            id, id, name,
        )  # fmt: skip

    @rule(writer=writer, id=ids, owner=ids)
    def add_item(self, writer: Writer, id: int, owner: int) -> None:
        self.run(
            writer,
            "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (%s, 'n', %s)"
            " ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id",
            id, owner,
        )  # fmt: skip

    @rule(writer=writer, owner=ids, count=st.integers(1, 30))
    def add_many(self, writer: Writer, owner: int, count: int) -> None:
        self.run(
            writer,
            "INSERT INTO item (title, owner_id) SELECT 'm', %s FROM generate_series(1, %s)",
            owner, count,
        )  # fmt: skip

    @rule(writer=writer, id=ids, active=st.booleans(), name=st.sampled_from(["é", "Name 1"]))
    def edit_user(self, writer: Writer, id: int, active: bool, name: str) -> None:
        self.run(
            writer,
            'UPDATE "user" SET is_active = %s, full_name = %s WHERE id = %s',
            active, name, id,
        )  # fmt: skip

    @rule(writer=writer, id=ids, owner=ids)
    def give(self, writer: Writer, id: int, owner: int) -> None:
        self.run(writer, "UPDATE item SET owner_id = %s, title = 'g' WHERE id = %s", owner, id)

    @rule(
        writer=writer,
        table=st.sampled_from(["item", '"user"']),
        id=ids,
        age=st.sampled_from([-30, 0, 1, 7 * 24 - 1, 7 * 24, 14 * 24, 29 * 24, 31 * 24, 91 * 24]),
    )
    def age(self, writer: Writer, table: str, id: int, age: int) -> None:
        self.run(
            writer,
            f"UPDATE {table} SET created_at = now() - make_interval(hours => %s)"
            " WHERE id BETWEEN %s AND %s + 5",
            age, id, id,
        )  # fmt: skip

    @rule(writer=writer, id=ids, to=ids)
    def renumber(self, writer: Writer, id: int, to: int) -> None:
        self.run(writer, "UPDATE item SET id = %s WHERE id = %s", to, id)

    @rule(writer=writer, id=ids)
    def delete_user(self, writer: Writer, id: int) -> None:
        self.run(writer, 'DELETE FROM "user" WHERE id = %s', id)

    @rule(writer=writer, id=ids)
    def delete_items(self, writer: Writer, id: int) -> None:
        self.run(writer, "DELETE FROM item WHERE id BETWEEN %s AND %s + 3", id, id)

    @rule(writer=writer, table=st.sampled_from(["item", '"user" CASCADE']))
    def truncate(self, writer: Writer, table: str) -> None:
        self.run(writer, f"TRUNCATE {table}")

    def locked(self) -> bool:
        """Whether a writer that emptied a table keeps everybody else waiting."""
        with self.writers[0].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            return cursor.fetchone() != (0,)

    @invariant()
    @precondition(lambda self: not self.locked())
    def every_refresh_is_right(self) -> None:
        self.seen.clear()
        run = refresh.run(trigger="test")
        if run.mode != "unchanged":
            compare(reader.current(), self.seen[-1])

    @invariant()
    def nothing_is_left_over(self) -> None:
        staging = get_settings().parquet_path / "staging"
        assert not staging.exists() or not list(staging.iterdir())

    def teardown(self) -> None:
        for connection in self.writers:
            connection.close()


@pytest.fixture
def machine(environment: str, monkeypatch: pytest.MonkeyPatch) -> type[Histories]:
    monkeypatch.setenv("REFRESH_HOLD_DROP_PERCENT", "100")
    read_settings()
    seen: list[Seen] = []
    check_columns = quality_gate.check_columns

    def watch(exported_snapshot: ExportedSnapshot) -> None:
        seen.append(Seen(exported_snapshot))
        check_columns(exported_snapshot)

    monkeypatch.setattr(quality_gate, "check_columns", watch)

    class Machine(Histories):
        url = environment

        def __init__(self) -> None:
            super().__init__()
            self.seen = seen

    return Machine


def check(machine: type[Histories], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("most", [50, 0], ids=["rewritten", "moved"])
def test_random_histories(
    machine: type[Histories], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """With `MOST` at 0 the ranking is never written anew, so that moves pile up on moves."""
    monkeypatch.setattr(delta, "MOST", most)
    check(machine, examples=6, steps=15)
