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

FIGURES = 11
SMALL = ("--users", "2000", "--items", "20000", "--repeat", "1", "--seconds", "1")


def measure(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark as a person would, with its temporary files under `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.refresh", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )


def test_all_figures_are_measured_in_one_run(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    done = measure(scratch, *SMALL, "--json", str(tmp_path / "figures.json"))

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())
    assert len(found) == FIGURES
    for figure in found:
        assert set(figure) == {"figure", "value", "reach", "met"}
        assert isinstance(figure["value"], int | float)
        assert isinstance(figure["met"], bool)
    assert done.stdout.count("\n| ") > FIGURES
    assert not list(scratch.glob("tally-benchmark-*"))


def test_a_kept_database_of_another_size_is_refused(tmp_path: Path) -> None:
    kept = ("--data-path", str(tmp_path / "kept"))
    size = ("--users", "100", "--items", "1000")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_PATH", str(tmp_path / "kept"))
        patch.delenv("DATABASE_URL", raising=False)
        fill = [sys.executable, "-m", "dashboard.cli", "demo", *size]
        subprocess.run(fill, cwd=ROOT, check=True, capture_output=True)

    done = measure(tmp_path, *SMALL, *kept)

    assert done.returncode == 1
    assert "holds 100 users and 1,000 items, not the 2,000 and 20,000" in done.stderr
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["postgres"]


@pytest.mark.parametrize(
    ("value", "at_least", "met"),
    [(0.9, False, True), (1.0, False, True), (1.1, False, False), (0.9, True, False), (1, True, True)],
)
def test_a_figure_is_met_on_the_right_side_of_its_reach(
    value: float, at_least: bool, met: bool
) -> None:
    figure = Figure("a share", value, 1, "s", at_least=at_least)

    assert figure.met is met
    assert json.loads(figures.to_json([figure])) == [
        {"figure": "a share, s", "value": value, "reach": 1, "met": met}
    ]


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
