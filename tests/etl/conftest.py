"""What the tests of the refresh share: rows in bulk, and a way to read back."""

from pathlib import Path

import duckdb
import polars as pl

from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.refreshes import requests
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from etl import refresh
from tests.conftest import Row, Sql


def fill(sql: Sql, *, users: int, items: int) -> None:
    """Add users and items; most items belong to few users, and some users have none."""
    sql(
        'INSERT INTO "user" (email, hashed_password, full_name, is_active, created_at)'
        " SELECT 'user' || i || '@example.com', 'hash', nullif('Name ' || i %% 7, 'Name 0'),"
        " i %% 3 > 0, timestamptz '2026-01-01' + i * interval '7 hours'"
        " FROM generate_series(1, %s) i",
        users,
    )
    sql(
        "INSERT INTO item (title, description, owner_id, created_at)"
        " SELECT 'Item ' || i, nullif('About ' || i %% 5, 'About 0'), id,"
        " timestamptz '2026-02-01' + i * interval '11 minutes'"
        " FROM generate_series(1, %s) i JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n"
        ' FROM "user") u ON n = 1 + floor(power((i * 7919 %% 1000) / 1000.0, 2) * %s * 0.9)',
        items,
        users,
    )


def take_snapshot() -> Snapshot:
    """Refresh and return what is served then."""
    refresh.run(trigger="test")
    return reader.current()


def last_run() -> RefreshRun:
    """Return the row of the refresh that ended last."""
    with transaction() as db:
        found = requests.latest_finished(db)
    assert found is not None
    return found


def rows(path: Path, columns: str = "*") -> list[Row]:
    """Read a dataset as any tool would, by its path."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found: pl.DataFrame = connection.sql(f"SELECT {columns} FROM '{path}' ORDER BY 1").pl()
        return found.rows()
