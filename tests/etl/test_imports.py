"""What comes into memory with the code of a refresh, in processes of their own."""

import subprocess
import sys

import pytest

CODE = """
import sys
import {module}
import pyarrow
print(pyarrow.default_memory_pool().backend_name, "pandas" in sys.modules)
"""


@pytest.mark.parametrize("module", ["etl.columns", "etl.export_to_parquet", "dashboard.cli"])
def test_arrow_gives_memory_back_and_pandas_stays_out(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["system", "False"]


def test_the_dashboard_gives_memory_back_as_well() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module="dashboard.asgi")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split()[0] == "system"
