"""How Arrow holds memory in a process that refreshes, and what stays out of it."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
import {module}
import pyarrow
print(pyarrow.default_memory_pool().backend_name, "pandas" in sys.modules)
"""


def start(module: str) -> list[str]:
    """Return which allocator Arrow has in a new process that imports a module, and if pandas."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)],
        env={k: v for k, v in os.environ.items() if k != "ARROW_DEFAULT_MEMORY_POOL"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    "module", ["etl.views.owner_counts", "etl.export_to_parquet", "dashboard.cli"]
)
def test_arrow_gives_memory_back_and_pandas_stays_out(module: str) -> None:
    assert start(module) == ["system", "False"]


def test_the_dashboard_gives_memory_back_as_well() -> None:
    assert start("dashboard.asgi")[0] == "system"
