"""The benchmark of sessions: from nothing to its tables, with what goes wrong on a page counted."""

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks import remembered, tab
from benchmarks.tab import Trouble
from tests.benchmarks.conftest import measure

FIGURES = 6
SMALL = ("--users", "500", "--items", "5000", "--sessions", "3", "--think", "0.5")
SHORT = ("--minutes", "0.1", "--connects", "10", "--reruns", "2", "--seconds", "1")
NO_BROWSER = ("--windows", "0")


def test_all_figures_are_measured_in_one_run(folder: Path, tmp_path: Path) -> None:
    options = (*SMALL, *SHORT, *NO_BROWSER, "--json", str(tmp_path / "figures.json"))
    done = measure("sessions", folder, *options)

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())
    assert len(found) == FIGURES
    for figure in found:
        assert set(figure) == {"figure", "value", "reach", "met"}
        assert figure["value"] > 0
    assert done.stdout.count("no error") == 4, done.stdout
    assert not list(folder.glob("tally-benchmark-*"))


def test_nobody_to_talk_to_is_trouble() -> None:
    async def open_nothing() -> None:
        async with tab.opened("http://localhost:1"):
            pass

    with pytest.raises(Trouble, match="a connection that is refused"):
        asyncio.run(open_nothing())


def test_timers_last_as_long_as_their_parts() -> None:
    page = remembered.Remembered()
    page.begin([])
    page.set_timer("header", 20)
    page.set_timer("progress", 1)
    page.end()
    assert page.next_timer()[1] == "progress"

    page.begin(["progress"])
    page.end()
    assert page.next_timer()[1] == "progress"

    page.begin([])
    page.set_timer("header", 20)
    page.end()
    assert page.next_timer()[1] == "header"


def test_large_messages_are_kept_for_as_many_runs_as_a_browser_does() -> None:
    page = remembered.Remembered()
    page.begin([])
    page.keep("chart", "")
    for _ in range(remembered.KEPT_RUNS):
        page.end()
        assert list(page.hashes) == ["chart"]
        page.begin([])
    page.end()
    assert not page.hashes
