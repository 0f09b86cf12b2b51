"""Everything is on disk before it is named, as the operating system saw it."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.settings import ROOT
from core.snapshots import reader
from core.snapshots.folders import CURRENT, FOLDER
from core.snapshots.reader import ITEMS, USERS
from etl import refresh
from tests.conftest import Sql
from tests.faults import trace, world
from tests.faults.harness import environment as settings_of
from tests.faults.trace import Event

SCRIPT = (str(ROOT / "etl" / "export_to_parquet.py"),)
pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def run_traced(url: str, root: Path, folder: Path, *command: str) -> list[Event]:
    """Run Python under strace; return what it did to files. Skips where tracing is forbidden."""
    output = folder / "trace"
    done = subprocess.run(
        [*trace.COMMAND, output, sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings_of(url, root)},
        capture_output=True,
        text=True,
    )
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stderr
    with output.open(errors="replace") as lines:
        return trace.read(line.rstrip("\n") for line in lines)


def without(events: list[Event], gone: Event) -> list[Event]:
    return [event for event in events if event is not gone]


def test_a_full_refresh_is_on_disk_before_it_is_named(
    environment: str, root: Path, tmp_path: Path
) -> None:
    """And if any one of the fsyncs were left out, this test would say so."""
    world.seed(environment)
    events = run_traced(environment, root, tmp_path, *SCRIPT)
    assert list(trace.judge(events, root)) == []
    folder = reader.current().folder
    staged = root / "staging" / folder.name
    syncs = [event for event in events if event.kind == "fsync"]
    inside = {e.path.relative_to(staged) for e in syncs if e.path.is_relative_to(staged)}
    assert inside == {path.relative_to(folder) for path in (folder, *folder.rglob("*"))}
    needed = [e for e in syncs if e.path.is_relative_to(staged)]
    needed += [e for e in syncs if e.path in {root / FOLDER, root}][-2:]
    for event in needed:
        assert list(trace.judge(without(events, event), root)) == [
            f"{event.path.name} was not on disk in time"
        ]


def test_an_incremental_refresh_is_on_disk_before_it_is_named(
    environment: str, root: Path, tmp_path: Path, sql: Sql
) -> None:
    """What is taken over by a link is on disk already; its new name has to be."""
    world.seed(environment)
    refresh.run(trigger="test")
    sql("UPDATE item SET title = 'changed' WHERE id = (SELECT max(id) FROM item)")
    events = run_traced(environment, root, tmp_path, *SCRIPT)
    assert list(trace.judge(events, root)) == []
    folder = reader.current().folder
    staged = root / "staging" / folder.name
    linked = {event.path for event in events if event.kind == "link"}
    made = {e.path for e in events if e.kind == "make" and e.path.is_relative_to(staged)}
    assert {path.parent.name for path in linked} >= {USERS, ITEMS}
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert files == {path.relative_to(staged) for path in linked | made}
    pointed = next(e for e in events if e.path == root / CURRENT and e.kind == "rename")
    early = [*without(events, pointed), replace(pointed, begin=-1, end=-1)]
    assert f"{FOLDER} was not on disk in time" in list(trace.judge(early, root))


def test_a_build_without_one_fsync_is_found_out(
    environment: str, root: Path, tmp_path: Path
) -> None:
    world.seed(environment)
    events = run_traced(environment, root, tmp_path, "-m", "tests.faults.lazy", "3")
    (found,) = trace.judge(events, root)
    assert found.endswith("was not on disk in time")
