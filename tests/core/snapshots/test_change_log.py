"""The triggers: every way to change a row leaves a note of its part, and nothing else does."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2
import pytest

from core.snapshots.partitions import PARTITION_BITS

PART = 1 << PARTITION_BITS
Note = tuple[str, int | None, int, int, int]


@pytest.fixture
def connection(environment: str) -> Iterator[psycopg2.extensions.connection]:
    connection = psycopg2.connect(environment)
    connection.autocommit = True
    yield connection
    connection.close()


class Database:
    """Runs statements, and tells what notes they left."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self.connection = connection

    def run(self, statement: str) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def notes_of(self, *statements: str) -> Sequence[Note]:
        self.run("DELETE FROM change_note")
        for statement in statements:
            self.run(statement)
        return self.run(
            "SELECT relation, part, inserted, updated, deleted FROM change_note"
            " ORDER BY relation, part, inserted DESC, updated DESC"
        )


@pytest.fixture
def database(connection: psycopg2.extensions.connection) -> Database:
    database = Database(connection)
    database.run(
        'INSERT INTO "user" (id, email, hashed_password)'
        " SELECT g, 'u' || g || '@example.com', '!' FROM generate_series(1, 3) g"
    )
    database.run(
        "INSERT INTO item (id, title, owner_id)"
        f" VALUES (1, 'a', 1), (2, 'b', 1), ({PART}, 'c', 1), ({5 * PART}, 'd', 2)"
    )
    return database


def test_an_insert_notes_each_part_once_with_its_rows(database: Database) -> None:
    assert database.notes_of(
        "INSERT INTO item (id, title, owner_id)"
        f" VALUES (10, 'x', 1), (11, 'y', 1), ({PART + 10}, 'z', 2)"
    ) == [("item", 0, 2, 0, 0), ("item", 1, 1, 0, 0)]


def test_an_update_notes_the_parts_of_the_rows_it_touched(database: Database) -> None:
    assert database.notes_of("UPDATE item SET title = 'new' WHERE id IN (1, 2)") == [
        ("item", 0, 0, 2, 0)
    ]


def test_a_row_that_moves_notes_where_it_was_and_where_it_went(database: Database) -> None:
    assert database.notes_of(f"UPDATE item SET id = {9 * PART} WHERE id = 1") == [
        ("item", 0, 0, 1, 0),
        ("item", 9, 0, 1, 0),
    ]


def test_a_deletion_notes_what_it_takes_along(database: Database) -> None:
    assert database.notes_of('DELETE FROM "user" WHERE id = 1') == [
        ("item", 0, 0, 0, 2),
        ("item", 1, 0, 0, 1),
        ("user", 0, 0, 0, 1),
    ]


def test_truncate_notes_the_whole_table(database: Database) -> None:
    assert database.notes_of('TRUNCATE "user" CASCADE')[:2] == [
        ("item", None, 0, 0, 0),
        ("user", None, 0, 0, 0),
    ]


def test_an_upsert_notes_both_sides(database: Database) -> None:
    notes = database.notes_of(
        "INSERT INTO item (id, title, owner_id) VALUES (1, 'x', 1), (12, 'y', 1)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title"
    )
    assert notes == [("item", 0, 1, 0, 0), ("item", 0, 0, 1, 0)]


@pytest.mark.parametrize(
    "statements",
    [
        ("BEGIN", "UPDATE item SET title = 'never'", "ROLLBACK"),
        ("UPDATE item SET title = 'nobody' WHERE id = 404",),
        ("DELETE FROM item WHERE id = 404",),
        ("UPDATE auth_session SET user_agent = 'x'",),
    ],
)
def test_what_changes_nothing_leaves_no_note(
    statements: tuple[str, ...], database: Database
) -> None:
    assert database.notes_of(*statements) == []


def test_sessions_that_skip_triggers_do_not_skip_these(database: Database) -> None:
    database.run("SET session_replication_role = replica")
    assert database.notes_of("UPDATE item SET title = 'x' WHERE id = 1") == [("item", 0, 0, 1, 0)]


def test_a_note_carries_the_transaction_it_belongs_to(database: Database) -> None:
    database.run("DELETE FROM change_note")
    database.run("BEGIN")
    before = database.run("SELECT pg_current_snapshot()::text")[0][0]
    database.run("SAVEPOINT nested")
    database.run("UPDATE item SET title = 'x' WHERE id = 1")
    xid = database.run("SELECT pg_current_xact_id()::text")[0][0]
    database.run("COMMIT")
    assert database.run(
        f"SELECT xid::text, pg_visible_in_snapshot(xid, '{before}'::pg_snapshot),"
        " pg_visible_in_snapshot(xid, pg_current_snapshot()) FROM change_note"
    ) == [(xid, False, True)]


def test_throwing_the_notes_away_takes_the_marks_along(database: Database) -> None:
    database.run(
        "INSERT INTO refresh_mark (store, token, pg_snapshot)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), '1:1:')"
    )
    database.run("TRUNCATE change_note")
    assert database.run("SELECT * FROM refresh_mark") == []


def test_whoever_may_write_items_needs_no_right_on_the_notes(database: Database) -> None:
    database.run("CREATE ROLE tally_test_writer")
    try:
        database.run('GRANT SELECT, INSERT ON item, "user" TO tally_test_writer')
        notes = database.notes_of(
            "SET ROLE tally_test_writer",
            "INSERT INTO item (id, title, owner_id) VALUES (20, 'x', 1)",
            "RESET ROLE",
        )
        assert notes == [("item", 0, 1, 0, 0)]
    finally:
        database.run("RESET ROLE")
        database.run("DROP OWNED BY tally_test_writer")
        database.run("DROP ROLE tally_test_writer")
