"""The script `etl/export_to_parquet.py`: a refresh for a shell, with a status and a sentence."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

from core.settings import ROOT
from core.snapshots import reader
from tests.conftest import Sql
from tests.etl.conftest import fill, last_run


def script(environment: str, root: Path, **variables: str) -> subprocess.Popen[str]:
    known = {"DATABASE_URL": environment, "PARQUET_DATA_PATH": str(root)}
    return subprocess.Popen(
        [sys.executable, ROOT / "etl" / "export_to_parquet.py"],
        cwd="/",
        env={**os.environ, **known, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_script_runs_from_anywhere(sql: Sql, root: Path, environment: str) -> None:
    fill(sql, users=7, items=9)
    process = script(environment, root, OTEL_TRACES_EXPORTER="console")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "7 users and 9 items" in err
    assert "service=streamlit-analytics-app-etl-script" in err
    assert reader.current().items == 9


def test_the_script_fails_with_a_status_and_a_sentence(root: Path, environment: str) -> None:
    process = script("postgresql://nobody:x@127.0.0.1:1/nowhere", root)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "PostgreSQL cannot be reached" in " ".join(err.split())
    assert "Traceback" not in err


def test_sigterm_stops_the_script_cleanly(sql: Sql, root: Path, environment: str) -> None:
    fill(sql, users=5, items=5)
    blocker = psycopg2.connect(environment)
    blocker.cursor().execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
    process = script(environment, root)
    while sql("SELECT status FROM refresh_run") != [("running",)]:
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    process.communicate(timeout=20)
    blocker.close()
    assert process.returncode == 1
    assert time.monotonic() - started < 10
    assert last_run().status == "failed"
    assert not (root / "staging").exists()  # it waited for the lock, and wrote nothing
