"""Memory that was let go of: threads share it, and it goes back to the system when told to."""

import os
import subprocess
import sys

CODE = """
import threading
{first}

def use():
    kept.append([bytearray(100_000) for _ in range(20)])
    barrier.wait()

kept, barrier = [], threading.Barrier(12)
threads = [threading.Thread(target=use) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
import ctypes
ctypes.CDLL(None).malloc_stats()
"""


def arenas(first: str) -> int:
    """Return how many arenas twelve threads used in a process that does something first."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stderr.count("Arena ")


def test_threads_share_two_arenas_once_it_is_configured() -> None:
    assert arenas("from core.telemetry import malloc; malloc.configure()") <= 2


def test_importing_leaves_the_arenas_alone() -> None:
    assert arenas("import core, etl, dashboard, core.telemetry.malloc") > 2
