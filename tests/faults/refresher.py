"""The process that refreshes again and again, tells each step, and waits for its end."""

import os
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from core.errors import TallyError
from core.settings import get_settings
from etl import export_to_parquet, refresh
from etl.run.run_log import Progress
from tests.faults import moments
from tests.faults.builds import BUILDS

# Long enough for somebody who reads by the constant paths, short enough that pruning is killed too.
KEEP_HOURS = 4 / 3600


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
    os.environ.update(environment | {"KEEP_SNAPSHOTS_HOURS": str(KEEP_HOURS)})
    BUILDS[build]()
    if recover:
        refresh.recover()
    else:
        _refresh(harness)
    harness.send(("started", None))
    harness.recv()
    with moments.before_change(_root(), change, moments.signal_self(signal.SIGKILL)):
        while True:
            _refresh(harness)


def refresh_once(
    harness: Connection,
    *,
    environment: dict[str, str],
    build: str = "whole",
    change: int | str | None = None,
    number: int = int(signal.SIGKILL),
    step: str | None = None,
    longest_file: int | None = None,
) -> None:
    """Run the command line's refresh once, and tell its status.

    It sends itself a signal before a change or as a step begins, and writes no longer files.
    """
    os.environ.update(environment)
    BUILDS[build]()
    if longest_file is not None:
        os.dup2(1, 2)  # the log is a file as well, and standard output leads nowhere
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest_file, longest_file))
    signal_self = moments.signal_self(number)
    with moments.before_change(_root(), change, signal_self), moments.at_step(step, signal_self):
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
