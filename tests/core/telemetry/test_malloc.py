"""Memory that was let go of: threads share it, and it goes back to the system when told to."""

import os
import subprocess
import sys

CODE = """
import threading
import {module}

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


def arenas(module: str) -> int:
    """Return how many arenas twelve threads used in a process that imports a module."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stderr.count("Arena ")


def test_threads_share_two_arenas() -> None:
    assert arenas("core") <= 2 < arenas("threading")
