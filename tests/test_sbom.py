"""The list of what Tally is made of: complete, the same each time, written without a network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from core.settings import ROOT
from tests.test_requirements import requirements

NOWHERE = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")


def write(path: Path) -> str:
    """Run the documented command in a copy of the files that it needs, far from any network."""
    checkout = path.parent / f"checkout-{path.stem}"
    checkout.mkdir()
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(ROOT / "scripts", checkout / "scripts")
    (checkout / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["bash", "scripts/sbom.sh", str(path)],
        cwd=checkout,
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return path.read_text()


def test_it_names_every_pinned_package_and_says_the_same_each_time(tmp_path: Path) -> None:
    first, second = write(tmp_path / "first.json"), write(tmp_path / "second.json")
    assert first == second
    told = json.loads(first)
    assert told["bomFormat"] == "CycloneDX"
    assert told["metadata"]["component"]["name"] == "tally"
    named = {(part["name"], part["version"]) for part in told["components"]}
    pinned = {
        (pin.name, next(iter(pin.specifier)).version)
        for pin in requirements(ROOT / "requirements.txt")
    }
    assert named == pinned
