"""The measurement of downloads, in small: every figure and format is measured on a real server."""

import json
import subprocess
import sys
from pathlib import Path

from core.exports.formats import FORMATS
from core.settings import ROOT


def test_every_format_is_measured(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.downloads",
            "--users=2000",
            "--items=2000",
            f"--json={figures}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert all(f"{each.label} of all users" in done.stdout for each in FORMATS.values())
    assert [row["reach"] for row in json.loads(figures.read_text())] == [200, 30, 50]
