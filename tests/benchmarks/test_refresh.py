"""The benchmark: it runs from nothing to its tables, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import Beside, Figure, Results
from core.settings import ROOT
from tests.benchmarks.conftest import measure

FIGURES = 11
SMALL = ("--users", "2000", "--items", "20000", "--repeat", "1", "--seconds", "1")


def test_all_figures_are_measured_in_one_run(folder: Path, tmp_path: Path) -> None:
    done = measure("refresh", folder, *SMALL, "--json", str(tmp_path / "figures.json"))

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())
    assert len(found) == FIGURES
    for figure in found:
        assert set(figure) == {"figure", "value", "reach", "met"}
        assert isinstance(figure["value"], int | float)
        assert isinstance(figure["met"], bool)
    assert done.stdout.count("\n| ") > FIGURES
    assert not list(folder.glob("tally-benchmark-*"))


def test_a_kept_database_of_another_size_is_refused(folder: Path) -> None:
    kept = {**os.environ, "DATA_PATH": str(folder / "kept")}
    kept.pop("DATABASE_URL", None)
    fill = [sys.executable, "-m", "dashboard.cli", "demo", "--users", "100", "--items", "1000"]
    subprocess.run(fill, cwd=ROOT, env=kept, check=True, capture_output=True)
    before = set((folder / "kept").iterdir())

    done = measure("refresh", folder, *SMALL, "--data-path", str(folder / "kept"))

    assert done.returncode == 1
    assert "holds 100 users and 1,000 items, not the 2,000 and 20,000" in done.stderr
    assert set((folder / "kept").iterdir()) == before
    assert (folder / "kept" / "postgres").is_dir()


@pytest.mark.parametrize(
    ("value", "at_least", "met"),
    [
        (0.9, False, True),
        (1.0, False, True),
        (1.1, False, False),
        (0.9, True, False),
        (1, True, True),
    ],
)
def test_a_figure_is_met_on_the_right_side_of_its_reach(
    value: float, at_least: bool, met: bool
) -> None:
    figure = Figure("a share", value, 1, "s", at_least=at_least)

    assert figure.met is met
    assert json.loads(figures.to_json([figure])) == [
        {"figure": "a share, s", "value": value, "reach": 1, "met": met}
    ]


def test_a_figure_with_errors_is_not_met() -> None:
    assert not Figure("a time", 1, 10, "ms", errors=1).met
    assert not Figure("a rate", 10, 1, "MB/s", at_least=True, errors=1).met


def test_the_tables_are_markdown() -> None:
    results = Results(
        figures=[Figure("speed", 1234.5, 1000, "times", at_least=True, detail="a over b")],
        beside=[Beside("another way", "2 s")],
    )

    assert figures.to_tables(results).splitlines() == [
        "| figure | measured    | reach                | met | made of  |",
        "| ------ | ----------- | -------------------- | --- | -------- |",
        "| speed  | 1,234 times | at least 1,000 times | yes | a over b |",
        "",
        "| beside it, in the same run | measured | what it is |",
        "| -------------------------- | -------- | ---------- |",
        "| another way                | 2 s      |            |",
    ]
