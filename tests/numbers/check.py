"""Compare every number with PostgreSQL's, on a copy of real rows: `python -m tests.numbers.check`.

The rows are those of the database that Tally would use (DATABASE_URL, or the embedded one under
DATA_PATH). They are read once and copied to a PostgreSQL of its own; the database stays as it is.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import extensions

from core.db import engine, schema
from core.embedded import server
from core.process import Process
from core.snapshots import reader
from etl import refresh
from tests import conftest as fixtures
from tests.numbers.comparison import Figure, figures, movements
from tests.numbers.data import change, spread_in_time
from tests.numbers.postgresql import Rows, run

OWNERS = """
SELECT "user".id FROM "user" LEFT JOIN item ON owner_id = "user".id
GROUP BY "user".id ORDER BY count(item.id) DESC, "user".id
"""
COPIED = {
    "user": "id, email, full_name, is_active, is_superuser, created_at",
    "item": "id, title, owner_id, created_at",
}


def check(connection: extensions.connection, *, every: int) -> Iterator[Figure]:
    """Yield the figures of a refresh, of one after a change, and of the movement between them.

    Changes the database: about one row in `every`.
    """
    refresh.run(trigger="test")
    before = reader.current()
    rows = Rows(connection, before.taken_at)
    yield from figures(before, rows, owners=_some_owners(connection))
    rows.keep()
    change(connection, every=every)
    refresh.run(trigger="test")
    after = reader.current()
    rows = Rows(connection, after.taken_at)
    yield from figures(after, rows, owners=_some_owners(connection))
    yield from movements(after, before, rows)


def _some_owners(connection: extensions.connection) -> list[int]:
    """Return the first, the one in the middle, and the last, who may own nothing."""
    with connection.cursor() as cursor:
        cursor.execute(OWNERS)
        ids = [int(row[0]) for row in cursor.fetchall()]
    return sorted({*ids[:1], *ids[len(ids) // 2 :][:1], *ids[-1:]})


def save_rows(source: extensions.connection, folder: Path) -> None:
    """Write users and items, as of one instant, to files; the database stays as it is."""
    source.set_session(isolation_level="REPEATABLE READ", readonly=True)
    for table, columns in COPIED.items():
        with (folder / table).open("wb") as file, source.cursor() as cursor:
            cursor.copy_expert(f'COPY (SELECT {columns} FROM "{table}") TO STDOUT', file)


def load_rows(target: extensions.connection, folder: Path) -> None:
    """Read what `save_rows` wrote into a database without any."""
    run(target, "ALTER TABLE \"user\" ALTER hashed_password SET DEFAULT '!'")
    for table, columns in COPIED.items():
        with (folder / table).open("rb") as file, target.cursor() as cursor:
            cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN', file)
        sequence = f"pg_get_serial_sequence('\"{table}\"', 'id')"
        run(target, f'SELECT setval({sequence}, (SELECT coalesce(max(id), 1) FROM "{table}"))')


def main() -> int:
    """Copy, spread when asked to, check and print; return 0 when nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--spread", action="store_true", help="give the copied rows moments over twelve years"
    )
    parser.add_argument("--seed", type=float, default=0.5, help="of those moments, from -1 to 1")
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tally-numbers-") as folder:
        with Process():
            source = psycopg2.connect(engine.database_url())
            save_rows(source, Path(folder))
            source.close()
        found = _check_copy(Path(folder), arguments.seed if arguments.spread else None)
    wrong = [name for name, differs in found if differs]
    seconds = time.monotonic() - started
    print(f"{len(found):,} answers, {len(wrong):,} differ, in {seconds:,.0f} s", *wrong, sep="\n")  # noqa: T201
    return 1 if wrong else 0


def _check_copy(folder: Path, seed: float | None) -> list[tuple[str, bool]]:
    """Return the name of each answer, and whether it differs."""
    hold = server.hold(folder / "pg")
    url = hold.url
    try:
        fixtures.execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        with pytest.MonkeyPatch.context() as patch, Process():
            fixtures.use(patch, url=url, folder=folder)
            patch.setenv("REFRESH_HOLD_DROP_PERCENT", "100")
            schema.upgrade()
            target = psycopg2.connect(url)
            target.autocommit = True
            load_rows(target, folder)
            if seed is not None:
                spread_in_time(target, seed=seed)
            found = [(figure.name, figure.differs) for figure in check(target, every=11)]
            target.close()
            return found
    finally:
        hold.end()


if __name__ == "__main__":
    sys.exit(main())
