"""Real names and places of the world: imported, exported in every format, and imported again."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from core.actor import Actor
from core.analytics.row_filter import RowFilter
from core.db import engine
from core.exports import export as exporting
from core.exports.catalog import find_question
from core.exports.export import Order
from core.exports.formats import FORMATS
from core.manage.imports import Imported, import_files
from core.text import characters
from etl import refresh
from tests.conftest import Row, Sql

A_LOCALE = 12  # people
ZONE = ZoneInfo("Asia/Kathmandu")
ODD = [
    "=1+1", "'=1+1", "''007", "007", "May 5, 2024", "1 1/2", "Mario 64", "_x0041_", "a;=f(1)",
    "a;'=f(1)", 'say "hi"', "semi;colon, comma\tno", "NULL", "true", "1,5", "-", "#N/A", "5. Mai",
    "👩‍👩‍👧‍👦", "می‌خواهم", "क्‍ष", "שלום, עולם",
]  # fmt: skip
USERS = """
SELECT email, full_name, is_active, created_at, updated_at FROM "user" WHERE NOT is_staff ORDER BY 1
"""
ITEMS = """
SELECT title, description, email, item.created_at, item.updated_at
FROM item JOIN "user" ON "user".id = owner_id ORDER BY item.id
"""


@cache
def people() -> pl.DataFrame:
    """Somebody of each part of the world, with the place that they live in."""
    rows: list[dict[str, object]] = []
    begin = datetime(1999, 12, 31, 23, 59, 59, 123_456, tzinfo=UTC)
    for locale in sorted(set(AVAILABLE_LOCALES) - {"fr_QC"}):
        fake = Faker(locale)
        fake.seed_instance(len(rows))
        for _ in range(A_LOCALE):
            at = begin + timedelta(hours=7, minutes=11, seconds=13) * len(rows)
            rows.append(
                {
                    "email": f"user{len(rows)}@{locale.lower().replace('_', '-')}.example",
                    "full_name": fake.name(),
                    "title": fake.city() if hasattr(fake, "city") else fake.name(),
                    "description": f"{fake.name()}\n{ODD[len(rows) % len(ODD)]}",
                    "is_active": len(rows) % 7 > 0,
                    "created_at": at.isoformat(),
                    "updated_at": (at + timedelta(days=len(rows) % 3)).isoformat(),
                }
            )
    odd = [row | {"email": f"odd{n}@example.com", "title": text, "full_name": text}
           for n, (row, text) in enumerate(zip(rows, ODD, strict=False))]  # fmt: skip
    return pl.DataFrame(rows + odd)


def load(actor: Actor, users: Path, items: Path) -> Imported:
    """Import two files."""
    with engine.transaction() as db:
        return import_files(db, actor=actor, users=users, items=items, watch=lambda *_: None)


def export(actor: Actor, folder: Path, format: str) -> Iterator[Path]:
    """Export users and items."""
    for name in ("users", "items"):
        order = Order(find_question(name), RowFilter(), FORMATS[format], ZONE)
        path = folder / f"{name}.{format}"
        path.write_bytes(b"".join(exporting.prepare(order, actor=actor).parts()))
        yield path


def to_the_second(rows: Sequence[Row]) -> list[Row]:
    """The same rows without parts of seconds, which Excel does not show."""
    return [
        tuple(v.replace(microsecond=0) if isinstance(v, datetime) else v for v in row)
        for row in rows
    ]


def test_what_tally_exports_it_imports(
    sql: Sql, superuser: Actor, system: Actor, tmp_path: Path
) -> None:
    world = people()
    world.write_csv(tmp_path / "users.csv")
    world.rename({"email": "owner_email"}).write_csv(tmp_path / "items.csv")
    done = load(system, tmp_path / "users.csv", tmp_path / "items.csv")
    assert (done.users_added, done.items_added) == (world.height, world.height)
    users, items = sql(USERS), sql(ITEMS)
    assert [row[0] for row in items] == [characters.one_line(t) for t in world["title"]]
    assert [row[3].isoformat() for row in items] == world["created_at"].to_list()
    assert {row[1] for row in users} == {characters.one_line(n) for n in world["full_name"]}
    scripts = {re.sub(r"[ -~\W]", "", row[0])[:1] for row in items}
    assert len(scripts) > 100, "letters of many scripts"
    refresh.run(trigger="test")
    files = {name: tuple(export(superuser, tmp_path, name)) for name in FORMATS}
    for name, (users_file, items_file) in files.items():
        sql('DELETE FROM "user" WHERE NOT is_staff')
        again = load(system, users_file, items_file)
        assert again.items_added == done.items_added, name
        assert again.users_added == done.users_added, name
        same = to_the_second if FORMATS[name].localised else list
        assert same(sql(USERS)) == same(users), name
        assert same(sql(ITEMS)) == same(items), name
        ignored = "user_id, is_staff, is_superuser", "item_id, owner_id"
        assert [w.partition(" “")[2] for w in again.warnings] == [
            f"{names}”: not imported." for names in ignored
        ]
