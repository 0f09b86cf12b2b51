"""What the tests of the benchmarks share: an empty folder, and the way they are run."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the system user of an embedded PostgreSQL can reach, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="tally-test-"))
    yield path
    shutil.rmtree(path)


def measure(name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a benchmark as a person would, with its temporary files under `folder`."""
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
