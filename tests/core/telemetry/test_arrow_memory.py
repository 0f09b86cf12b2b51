"""How Arrow holds memory in a process that refreshes, and what stays out of it."""

import os
import subprocess
import sys

import pytest

from core.settings import ROOT
from core.telemetry.malloc import ALLOCATORS

CODE = """
import contextlib, runpy, sys
with contextlib.suppress(SystemExit):
    {start}
import pyarrow
print(pyarrow.default_memory_pool().backend_name, "pandas" in sys.modules)
"""
SCRIPT = f"runpy.run_path({str(ROOT / 'etl/export_to_parquet.py')!r}, run_name='__main__')"
NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1"


def start(how: str) -> list[str]:
    """Return which allocator Arrow has in a new process that starts so, and if it has pandas."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(start=how)],
        env={k: v for k, v in os.environ.items() if k not in ALLOCATORS}
        | {"DATABASE_URL": NOWHERE, "ENVIRONMENT": "local", "OTEL_TRACES_EXPORTER": "none"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("how", [SCRIPT, "import dashboard.cli"], ids=["script", "command"])
def test_arrow_gives_memory_back_and_pandas_stays_out(how: str) -> None:
    assert start(how) == ["system", "False"]


def test_the_dashboard_gives_memory_back_as_well() -> None:
    assert start("import dashboard.asgi")[0] == "system"
