"""Describes the machine on which figures were measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks.scratch import ask

PACKAGES = (
    "pyarrow",
    "adbc-driver-postgresql",
    "duckdb",
    "polars",
    "psycopg2-binary",
    "sqlalchemy",
    "connectorx",
)


def describe(url: str) -> list[str]:
    """Return lines with the time, the machine and the versions; PostgreSQL is asked by URL."""
    (postgresql,) = ask(url, "SHOW server_version")
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({_processor()}), "
        f"{memory:.0f} GiB of memory, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, PostgreSQL {postgresql}, "
        + ", ".join(f"{package} {found}" for package, found in _versions()),
    ]


def load() -> str:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def _versions() -> list[tuple[str, str]]:
    found = []
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            found.append((package, "not installed"))
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
