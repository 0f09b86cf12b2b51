"""DuckDB: nothing but the snapshots can be reached, and no question takes for ever."""

import re
import threading
import time
from pathlib import Path

import duckdb
import pytest

from core import process
from core.analytics import metrics, warehouse
from core.analytics.owner_filter import OwnerFilter
from core.analytics.warehouse import Warehouse
from core.errors import Unavailable
from core.snapshots.reader import Snapshot
from tests.conftest import Sql, restart
from tests.etl.conftest import fill, take_snapshot

ENDLESS = (
    "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b"
    " WHERE (a.range + b.range) % 7 = 9"
)


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for questions of the test's own."""
    folder = tmp_path / "questions"
    folder.mkdir()
    monkeypatch.setattr(warehouse, "QUESTIONS", folder)
    return folder


@pytest.fixture
def snapshot(sql: Sql) -> Snapshot:
    """A small published snapshot."""
    fill(sql, users=4, items=9)
    return take_snapshot()


def test_a_condition_is_written_once() -> None:
    texts = [path.read_text() for path in warehouse.QUESTIONS.rglob("*.sql")]
    conditions = [found for text in texts for found in re.findall(r"\(\$\w+.* IS NULL\b.*", text)]
    assert len(conditions) > 10
    assert len(conditions) == len(set(conditions))


def test_no_two_texts_have_one_name() -> None:
    names = [path.stem for path in warehouse.QUESTIONS.rglob("*.sql")]
    assert len(names) == len(set(names))


def test_a_text_is_composed_of_its_clauses(questions: Path) -> None:
    (questions / "asked.sql").write_text("-- Asked.\nSELECT 1\nWHERE {wide}\n    AND {narrow}\n")
    (questions / "wide.sql").write_text("-- Left out.\n{narrow}\n  OR true\n")
    (questions / "narrow.sql").write_text("1 = 1\nAND 2 = 2\n")
    assert warehouse.text("asked").splitlines() == [
        *("-- Asked.", "SELECT 1", "WHERE 1 = 1", "AND 2 = 2", "  OR true"),
        *("    AND 1 = 1", "    AND 2 = 2"),
    ]


FORBIDDEN = [
    "SELECT * FROM read_csv('{outside}')",
    "SELECT * FROM read_text('{root}/../../secret.txt')",
    "SELECT * FROM read_text('{root}/link.txt')",
    "SELECT * FROM '{outside}'",
    "SELECT * FROM glob('{parent}/*')",
    "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
    "COPY (SELECT 1) TO '{parent}/out.csv'",
    "ATTACH '{parent}/other.db'",
    "ATTACH '' AS pg (TYPE postgres)",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPORT DATABASE '{parent}/dump'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET python_enable_replacements = true",
    "SELECT * FROM secret_frame",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_nothing_but_the_snapshots_can_be_reached(
    snapshot: Snapshot, root: Path, tmp_path: Path, statement: str
) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret\n1\n")
    (root / "link.txt").symlink_to(outside)
    metrics.totals(snapshot)
    secret_frame = metrics.active_users(snapshot)
    assert secret_frame.height > 0
    with process.resource(Warehouse).cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(statement.format(outside=outside, root=root, parent=tmp_path)).fetchall()
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "dump").exists()


def test_a_search_is_a_parameter_and_never_sql(snapshot: Snapshot) -> None:
    for text in ["'; DROP TABLE x; --", "') OR true --", "%", "_", "\\", "$text", '"']:
        assert metrics.items_by_user(snapshot, OwnerFilter(text)).height == 0


def test_a_question_past_its_time_is_stopped(
    snapshot: Snapshot, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (questions / "endless.sql").write_text(ENDLESS)
    monkeypatch.setenv("QUERY_TIMEOUT_SECONDS", "0.3")
    restart()
    started = time.monotonic()
    with pytest.raises(Unavailable, match="took too long"):
        warehouse.read(snapshot, "endless")
    assert time.monotonic() - started < 5
    slots = process.resource(Warehouse).slots
    assert slots.acquire(blocking=False), "the slot is free again"
    slots.release()


def test_a_question_that_needs_too_much_memory_is_an_error_for_people(
    snapshot: Snapshot, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (questions / "greedy.sql").write_text(
        "SELECT list(range ORDER BY hash(range)) AS n FROM range(30000000)"
    )
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "30MB")
    restart()
    with pytest.raises(Unavailable):
        warehouse.read(snapshot, "greedy")
    (questions / "one.sql").write_text("SELECT 1 AS n")
    assert warehouse.read(snapshot, "one").item() == 1


def test_only_two_questions_run_at_once_and_the_rest_wait(
    snapshot: Snapshot, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (questions / "one.sql").write_text("SELECT 1 AS n")
    monkeypatch.setenv("QUERY_TIMEOUT_SECONDS", "0.5")
    restart()
    asked = process.resource(Warehouse)
    with asked.slot(), asked.slot():
        with pytest.raises(Unavailable, match="Too many people"):
            warehouse.read(snapshot, "one")
        waiting = threading.Thread(target=lambda: warehouse.read(snapshot, "one"))
        waiting.start()
    waiting.join(5)
    assert not waiting.is_alive()
    assert warehouse.read(snapshot, "one").item() == 1


def test_many_threads_get_right_answers(snapshot: Snapshot) -> None:
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(20):
            if metrics.totals(snapshot).items != 9:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_it_writes_nothing_into_the_working_directory(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    metrics.items_by_user(snapshot, OwnerFilter("user"))
    assert not list(here.iterdir())


def test_a_page_by_rank_reads_one_row_group(root: Path) -> None:
    """The figure behind quick pages: the rest of the view is skipped by its statistics."""
    path = root / "view.parquet"
    root.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT range + 1 AS rank FROM range(200000)) TO "
            f"'{path}' (FORMAT parquet, ROW_GROUP_SIZE 16384)"
        )
    duck = warehouse.connect(root, memory_limit="100MB")
    plan = duck.execute(
        "EXPLAIN ANALYZE SELECT rank FROM read_parquet($files) WHERE rank > 199950",
        {"files": [str(path)]},
    ).fetchall()
    duck.close()
    assert "50 rows" in plan[0][1].lower()
