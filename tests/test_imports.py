"""Importing does nothing: what a process has set is its entry point's choice, and nobody else's."""

import os
import subprocess
import sys

import pytest

from core.telemetry.malloc import ALLOCATORS

# Prints what importing modules changed of the process, each name by itself.
IMPORT = """
import logging, os, pkgutil, signal, sys, threading
from importlib import import_module

def state():
    return {
        **os.environ,
        "threads": threading.active_count(),
        "signals": [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)],
        "log": (logging.root.level, list(logging.root.handlers)),
        "path": list(sys.path),
    }

package, *programs = sys.argv[1:]
for library in ("polars", "streamlit", "altair"):
    import_module(library)  # what these do is not ours
before = state()
for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
    if module.name not in programs:
        import_module(module.name)
after = state()
print([name for name in before.keys() | after.keys() if before.get(name) != after.get(name)])
"""
# Programs, which are imported to be run: the two composition roots and a run of a page.
PROGRAMS = ("dashboard.asgi", "dashboard.cli", "dashboard.main", "dashboard.exports.svg_program")
PACKAGES = ("core", "etl", "dashboard")


def run(code: str, *arguments: str) -> str:
    """Return what a new process prints, in whose environment no allocator was chosen."""
    chosen = (*ALLOCATORS, "MALLOC_ARENA_MAX")
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={name: value for name, value in os.environ.items() if name not in chosen},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_importing_the_packages_leaves_the_environment_alone() -> None:
    code = "import os; before = dict(os.environ); import core, etl, dashboard;"

    assert run(f"{code} print(dict(os.environ) == before)") == "True"


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_changes_nothing_of_the_process(package: str) -> None:
    assert run(IMPORT, package, *PROGRAMS) == "[]"
