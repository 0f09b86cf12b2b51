"""Snapshots of an earlier version: still read, and replaced whole by the next refresh."""

import hashlib
import threading
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from core.analytics.row_filter import RowFilter
from core.errors import Unavailable
from core.exports import catalog
from core.snapshots import reader
from core.snapshots.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from etl.extract.datasets import COLUMNS
from etl.extract.exported_snapshot import export_snapshot
from etl.extract.plan import OTHER_LAYOUT, OTHER_SCHEMA
from etl.run.deadline import Limits
from etl.verify import verification
from tests.conftest import Sql, restart
from tests.etl.conftest import fill

NEW_COLUMNS = ["is_staff", "updated_at", "search_text"]


def make_older(folder: Path, lacking: list[str], **change: object) -> None:
    """Turn a snapshot into one without the columns that came later."""
    manifest = read_manifest(folder)
    changed = {}
    for file in [*manifest.dataset(USERS), *manifest.dataset(ITEMS)]:
        path = folder / file.path
        rows = pq.read_table(path)
        path.unlink()
        old = [name for name in rows.column_names if name not in lacking]
        pq.write_table(rows.select(old), path, store_schema=False)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        changed[file.path] = file.model_copy(update={"bytes": len(content), "sha256": digest})
    files = tuple(changed.get(file.path, file) for file in manifest.files)
    older: Manifest = manifest.model_copy(update={"files": files, **change})
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).write_bytes(write_manifest(older))
    restart()


def test_an_older_snapshot_is_read_and_then_replaced(sql: Sql, root: Path) -> None:
    fill(sql, users=20, items=50)
    refresh.run(trigger="test")
    make_older(reader.current().folder, NEW_COLUMNS, layout=3)

    for name, count in (("items", 50), ("users", 20)):
        answer = catalog.find_question(name).ask(RowFilter(), None)
        rows = pl.concat(answer.counted())
        assert rows.schema == answer.schema
        assert rows.height == count
        assert rows["updated_at"].null_count() == count
    with pytest.raises(Unavailable, match="earlier version"):
        catalog.find_question("items").ask(RowFilter("item"), None)
    assert not verification.verify().wrong
    run = refresh.run(trigger="test")
    assert (run.mode, run.reason) == ("full", OTHER_LAYOUT)
    rows = pl.concat(catalog.find_question("items").ask(RowFilter(), None).counted())
    assert rows["updated_at"].null_count() == 0


def test_a_layout_that_nobody_knows_is_passed_over(sql: Sql, root: Path) -> None:
    fill(sql, users=2, items=5)
    refresh.run(trigger="test")
    folder = reader.current().folder
    manifest = read_manifest(folder).model_copy(update={"layout": 2})
    (folder / MANIFEST).write_bytes(write_manifest(manifest))
    restart()
    with pytest.raises(Unavailable):
        reader.current()


def test_a_snapshot_from_before_a_column_is_read_and_then_replaced(sql: Sql, root: Path) -> None:
    """No layout has to be counted up for a column: the catalog's fingerprint is of those exported.

    So a version that exports one more starts over, although the table has had it all along.
    """
    fill(sql, users=20, items=50)
    refresh.run(trigger="test")
    with export_snapshot(Limits(threading.Event(), time.monotonic() + 60)) as exported:
        before = {
            column: exported.catalog.fingerprint(COLUMNS - {column}) for column in sorted(COLUMNS)
        }
        now = exported.catalog.fingerprint(COLUMNS)
    assert len({*before.values(), now}) == len(COLUMNS) + 1
    make_older(reader.current().folder, ["description"], catalog=before["item", "description"])
    described = sql("SELECT count(description) FROM item")[0][0]

    def exported_descriptions() -> int:
        rows = pl.concat(catalog.find_question("items").ask(RowFilter(), None).counted())
        return rows["description"].count()

    assert exported_descriptions() == 0
    run = refresh.run(trigger="test")
    assert (run.mode, run.reason) == ("full", OTHER_SCHEMA)
    assert exported_descriptions() == described
    sql("UPDATE item SET description = 'changed' WHERE id = (SELECT min(id) FROM item)")
    assert refresh.run(trigger="test").mode == "incremental"
