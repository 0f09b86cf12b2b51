"""The refresh: right to the last row, at one instant, and with its progress told."""

import threading
from pathlib import Path

import pandas
import polars as pl
import psycopg2

from core.db.engine import transaction
from core.refreshes import requests
from core.snapshots import reader
from core.snapshots.partitions import PARTITION_BITS
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.run.run_log import Progress
from tests.conftest import Sql
from tests.etl.conftest import fill, last_run, rows, take_snapshot

USER_COLUMNS = (
    "id, email, full_name, is_active, is_staff, is_superuser, created_at, updated_at, search_text"
)
ITEM_COLUMNS = "id, owner_id, title, description, created_at, updated_at, search_text"


def test_both_tables_arrive_to_the_last_row(sql: Sql, root: Path) -> None:
    fill(sql, users=300, items=2_000)
    odd = ["Łukasz 😀", "a\tb\nc", '"quoted", ', "=1+1", "\u202ertl", "é", "e\u0301", "' OR 1"]
    for number, text in enumerate(odd):
        sql(
            'INSERT INTO "user" (email, hashed_password, full_name) VALUES (%s, %s, %s)',
            f"odd{number}@exämple.com",
            "hash",
            text,
        )
        sql("INSERT INTO item (title, description, owner_id) VALUES (%s, %s, %s)", text, text, 1)
    run = refresh.run(trigger="test")
    assert rows(root / USERS) == sql(f'SELECT {USER_COLUMNS} FROM "user" ORDER BY id')
    assert rows(root / ITEMS) == sql(f"SELECT {ITEM_COLUMNS} FROM item ORDER BY id")
    assert (run.status, run.mode, run.users, run.items) == ("succeeded", "full", 308, 2_008)
    assert (run.rows_written, run.parts_written) == (2_316, 2)
    assert (run.parts_done, run.parts_total, run.error) == (2, 2, None)
    assert list(run.step_seconds)
    assert run.bytes_written
    assert reader.current().generation == run.generation


def test_other_tools_read_the_constant_paths(sql: Sql, root: Path) -> None:
    fill(sql, users=20, items=50)
    refresh.run(trigger="test")
    columns = ["item_id", "owner_id", "title", "description", "created_at", "updated_at"]
    columns.append("search_text")
    assert pl.read_parquet(root / ITEMS).columns == columns
    assert list(pandas.read_parquet(root / ITEMS).columns) == columns
    users = pl.read_parquet(root / USERS)
    assert users.height == 20
    assert users.schema["created_at"] == pl.Datetime("us", "UTC")
    assert "hash" not in str(users.to_dicts())


def test_an_empty_database_gives_empty_datasets(root: Path, environment: str) -> None:
    run = refresh.run(trigger="test")
    assert (run.users, run.items) == (0, 0)
    assert rows(root / USERS) == rows(root / ITEMS) == []
    assert pl.read_parquet(root / USERS).schema["user_id"] == pl.Int64


def test_ids_far_apart_negative_and_at_both_ends(sql: Sql, root: Path) -> None:
    ids = [-(2**63), -1, 0, 1, (1 << PARTITION_BITS) - 1, 1 << PARTITION_BITS, 2**40, 2**63 - 1]
    for number in ids:
        sql(
            'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE'
            " VALUES (%s, %s, '')",
            number,
            f"u{number}@example.com",
        )
    run = refresh.run(trigger="test")
    assert [row[0] for row in rows(root / USERS)] == ids
    assert run.parts_written == 7  # six parts have users, and an empty table is one part


def test_one_instant_for_both_tables_under_a_writer(sql: Sql, root: Path, environment: str) -> None:
    """The writer adds a user and an item in one transaction: a torn snapshot has more of one."""
    stop = threading.Event()

    def write() -> None:
        connection = psycopg2.connect(environment)
        while not stop.is_set():
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    'WITH owner AS (INSERT INTO "user" (email, hashed_password) VALUES'
                    " (gen_random_uuid()::text, '') RETURNING id)"
                    " INSERT INTO item (title, owner_id) SELECT 'x', id FROM owner"
                )
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for _ in range(5):
            snapshot = take_snapshot()
            users = pl.read_parquet(snapshot.files(USERS))["user_id"]
            items = pl.read_parquet(snapshot.files(ITEMS))["owner_id"]
            assert users.sort().equals(items.sort().alias("user_id"))
            counts.append(users.len())
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(set(counts)), "the writer wrote between the refreshes"


def test_progress_counts_parts_and_is_seen_in_the_row(sql: Sql, environment: str) -> None:
    fill(sql, users=3, items=5)
    seen: list[Progress] = []
    shown: list[str | None] = []

    def watch(now: Progress) -> None:
        seen.append(now)
        with transaction() as db:
            open_run = requests.open_run(db)
            shown.append(open_run.step if open_run else None)

    refresh.run(trigger="test", progress=watch)
    assert [now.done for now in seen if now.step == "export"] == [0, 1, 2]
    steps = list(dict.fromkeys(now.step for now in seen))
    assert steps == ["prepare", "export", "compute", "verify", "publish"]
    assert set(last_run().step_seconds) == set(steps)
    assert "export" in shown
