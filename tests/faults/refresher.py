"""The process that refreshes again and again, tells each step, and waits for its end."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from core.errors import TallyError
from core.settings import get_settings
from etl import export_to_parquet, refresh
from etl.record import Progress
from tests.faults import moments
from tests.faults.builds import BUILDS

Told = tuple[str, object]


def refresh_forever(
    harness: Connection,
    *,
    environment: dict[str, str],
    build: str = "whole",
    recover: bool = True,
    change: int | None = None,
) -> None:
    """Start as the server does, or as the command does; then refresh until somebody ends it.

    Says ("started", None) once leftovers must be gone, and waits for an answer; then ("begin", ...)
    ("step", name) ("end", generation) or ("failed", message) of each refresh.
    """
    os.environ.update(environment)
    BUILDS[build]()
    if recover:
        refresh.recover()
    else:
        _refresh(harness)
    harness.send(("started", None))
    harness.recv()
    if change is not None:
        moments.signal_before_change(_root(), change)
    while True:
        _refresh(harness)


def refresh_once(
    harness: Connection,
    *,
    environment: dict[str, str],
    build: str = "whole",
    change: int | None = None,
    number: int = int(signal.SIGKILL),
) -> None:
    """Run the command line's refresh once, send itself a signal at a change; tell its status."""
    os.environ.update(environment)
    BUILDS[build]()
    if change is not None:
        moments.signal_before_change(_root(), change, number)
    harness.send(("end", export_to_parquet.main()))


def _refresh(harness: Connection) -> None:
    harness.send(("begin", None))

    def tell(now: Progress) -> None:
        if not now.done:
            harness.send(("step", now.step))

    try:
        run = refresh.run(trigger="test", progress=tell)
    except TallyError as error:
        harness.send(("failed", error.message))
    else:
        harness.send(("end", run.generation))


def _root() -> Path:
    return get_settings().parquet_path.resolve()
