"""A database in which one invariant ties both tables together, and the eye that judges it.

Every user's name says how many items the user owns and the sum of their numbers, and one more user
and one more item, in parts far apart, carry the same count of transactions. Each transaction
changes both tables and keeps both promises, so whatever is read must keep them as well.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import polars as pl
import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from core.snapshots.partitions import PARTITION_BITS

USER_PARTS = 4
ITEM_PARTS = 6
USERS_A_PART = 25
ITEMS_A_PART = 60
FIRST_FREE = 10_000  # numbers that the writer gives out within a part, above those of the seed
TICK = "tick@example.com"
PAUSE_SECONDS = 0.003

NAMES = """
    UPDATE "user" SET full_name =
        (SELECT count(*) || ':' || coalesce(sum(id), 0) FROM item WHERE owner_id = "user".id)
    WHERE email <> 'tick@example.com' AND (%s::bigint[] IS NULL OR id = ANY(%s))
"""
ADD_USER = (
    'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s)'
)
ADD_ITEM = "INSERT INTO item (id, title, owner_id) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s)"
# A name that differs, an item without its owner, and the two counts of transactions.
LOOK = """
    WITH users AS (SELECT * FROM read_parquet($users)),
         items AS (SELECT * FROM read_parquet($items)),
         owned AS (SELECT owner_id, count(*) || ':' || sum(item_id) AS name FROM items GROUP BY 1)
    SELECT
        (SELECT count(*) FROM users LEFT JOIN owned ON owner_id = user_id
         WHERE email <> 'tick@example.com' AND full_name IS DISTINCT FROM coalesce(name, '0:0')),
        (SELECT count(*) FROM items WHERE owner_id NOT IN (SELECT user_id FROM users)),
        (SELECT full_name FROM users WHERE email = 'tick@example.com'),
        (SELECT title FROM items WHERE title LIKE 'tick:%')
"""
USERS_QUERY = (
    "SELECT id, email, full_name, is_active, is_staff, is_superuser, created_at, updated_at,"
    ' search_text FROM "user" ORDER BY id'
)
ITEMS_QUERY = (
    "SELECT id, owner_id, title, description, created_at, updated_at, search_text"
    " FROM item ORDER BY id"
)
LOOK_AT_VIEW = """
    SELECT (SELECT count(*) FROM read_parquet($view)
            WHERE email <> 'tick@example.com'
            AND split_part(full_name, ':', 1) <> item_count::VARCHAR),
           (SELECT full_name FROM read_parquet($view) WHERE email = 'tick@example.com')
"""


@dataclass(frozen=True)
class Sight:
    """What was seen of both tables: the count of transactions, and what breaks the promises."""

    tick: int
    wrong: str = ""


def seed(url: str) -> None:
    """Fill an empty database: users and items spread over parts, each promise kept."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO "user" (id, email, hashed_password) OVERRIDING SYSTEM VALUE'
            " SELECT (p::bigint << %s) + n, 'u' || p || '.' || n || '@example.com', ''"
            " FROM generate_series(0, %s - 1) p, generate_series(1, %s) n",
            (PARTITION_BITS, USER_PARTS, USERS_A_PART),
        )
        cursor.execute(
            "INSERT INTO item (id, title, description, owner_id) OVERRIDING SYSTEM VALUE"
            " SELECT (p::bigint << %s) + n, 'Item ' || n, repeat(md5(n::text), n %% 4),"
            " (((p + n) %% %s)::bigint << %s) + 1 + (n * 7 + p) %% %s"
            " FROM generate_series(0, %s - 1) p, generate_series(1, %s) n",
            (PARTITION_BITS, USER_PARTS, PARTITION_BITS, USERS_A_PART, ITEM_PARTS, ITEMS_A_PART),
        )
        cursor.execute(ADD_USER, (0, TICK, ""))
        cursor.execute(ADD_ITEM, (last_item() + 1, "tick:0", 0))
        cursor.execute("UPDATE \"user\" SET full_name = 'tick:0' WHERE id = 0")
        cursor.execute(NAMES, (None, None))
    connection.close()


def last_item() -> int:
    """Return a number beyond all others, in the last part of the items."""
    return (ITEM_PARTS << PARTITION_BITS) - 2


class Writer:
    """Somebody who works on the database, one random transaction after the other.

    With `moves` alone no table gets another number of rows, so that no count gives it away.
    """

    def __init__(self, url: str, *, chance: random.Random, moves: bool = False) -> None:
        self._connection = psycopg2.connect(url, application_name="faults writer")
        self._chance = chance
        self._next = FIRST_FREE
        rest = (self._move, self._add, self._remove, self._join, self._leave)
        self._works = (self._move, *(() if moves else rest))

    def work(self) -> None:
        """Change both tables in one transaction that keeps the promises."""
        with self._connection, self._connection.cursor() as cursor:
            touched = self._chance.choice(self._works)(cursor)
            cursor.execute(NAMES, (touched, touched))
            cursor.execute(
                "UPDATE \"user\" SET full_name = 'tick:' || split_part(full_name, ':', 2)::int + 1"
                " WHERE id = 0 RETURNING full_name"
            )
            cursor.execute(
                "UPDATE item SET title = %s WHERE title LIKE 'tick:%%'", cursor.fetchone()
            )

    def close(self) -> None:
        """Leave the database."""
        self._connection.close()

    def _move(self, cursor: Cursor) -> list[int]:
        one, other = self._users(cursor, 2)
        cursor.execute(
            "UPDATE item SET owner_id = %s WHERE id IN"
            " (SELECT id FROM item WHERE owner_id = %s ORDER BY random() LIMIT 3)",
            (other, one),
        )
        return [one, other]

    def _add(self, cursor: Cursor) -> list[int]:
        (owner,) = self._users(cursor, 1)
        for _ in range(2):
            cursor.execute(ADD_ITEM, (self._number(ITEM_PARTS), "New", owner))
        return [owner]

    def _remove(self, cursor: Cursor) -> list[int]:
        (owner,) = self._users(cursor, 1)
        cursor.execute(
            "DELETE FROM item WHERE id IN (SELECT id FROM item WHERE owner_id = %s LIMIT 2)",
            (owner,),
        )
        return [owner]

    def _join(self, cursor: Cursor) -> list[int]:
        number = self._number(USER_PARTS)
        cursor.execute(ADD_USER, (number, f"new{number}@example.com", ""))
        cursor.execute(ADD_ITEM, (self._number(ITEM_PARTS), "First", number))
        return [number]

    def _leave(self, cursor: Cursor) -> list[int]:
        """Delete a user who joined; the items go along."""
        cursor.execute(
            'DELETE FROM "user" WHERE id = (SELECT max(id) FROM "user" WHERE email LIKE \'new%%\')'
        )
        return []

    def _users(self, cursor: Cursor, number: int) -> list[int]:
        cursor.execute('SELECT id FROM "user" WHERE id > 0 ORDER BY random() LIMIT %s', (number,))
        return [row[0] for row in cursor.fetchall()]

    def _number(self, parts: int) -> int:
        self._next += 1
        return (self._chance.randrange(parts) << PARTITION_BITS) + self._next


def write(harness: Connection, *, url: str, seed: int, moves: bool) -> None:
    """Work until the harness says stop; tell it how many transactions there were."""
    writer = Writer(url, chance=random.Random(seed), moves=moves)  # noqa: S311
    number = 0
    while not harness.poll(PAUSE_SECONDS):
        writer.work()
        number += 1
    writer.close()
    harness.send(number)


def look(users: Sequence[str], items: Sequence[str], view: Sequence[str] = ()) -> Sight:
    """Judge both tables, and the view where it is given; raises `duckdb.Error` if unreadable."""
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(LOOK, {"users": list(users), "items": list(items)}).fetchone()
        names, orphans, user_tick, item_tick = found or (None,) * 4
        wrong = [f"{names} users own something else than their name says"] if names else []
        wrong += [f"{orphans} items have no owner"] if orphans else []
        wrong += [f"users are at {user_tick}, items at {item_tick}"] * (user_tick != item_tick)
        if view:
            seen = connection.execute(LOOK_AT_VIEW, {"view": list(view)}).fetchone()
            wrong += [f"users are at {user_tick}, the view is {seen}"] * (seen != (0, user_tick))
    return Sight(tick=int(str(user_tick or ":-1").split(":")[1]), wrong="; ".join(wrong))


def differences(url: str, users: Path, items: Path) -> Iterator[str]:
    """Compare both datasets with the database, row for row; yield what differs."""
    for folder, query in ((users, USERS_QUERY), (items, ITEMS_QUERY)):
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
            cursor.execute(query)
            due = cursor.fetchall()
        connection.close()
        found = pl.read_parquet(folder).sort(pl.first()).rows()
        if due != found:
            wrong = sorted(set(due) ^ set(found))[:3]
            yield f"{folder.name}: {len(found)} rows instead of {len(due)}, such as {wrong}"


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait for something, not longer than `seconds`; return whether it happened."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
