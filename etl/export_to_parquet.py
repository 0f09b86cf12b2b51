"""The command that runs one refresh: `python etl/export_to_parquet.py`, from any folder."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

if __name__ == "__main__":
    # Python put etl/ first on the path; its modules must not be importable by their bare names.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

    from core.telemetry import malloc

    malloc.configure()  # before importing Arrow and Polars, which read the setting only once

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.db import engine
from core.db.refresh_models import RefreshRun
from core.errors import TallyError
from core.process import Process
from core.telemetry import setup
from core.text.wording import counted
from etl import refresh
from etl.run import run_log

COLUMNS = (
    TextColumn("{task.description:8}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


def main() -> int:
    """Run one refresh with a progress bar; return the exit status, 0 only on success."""
    console = Console(stderr=True)
    with Process():
        setup.configure(suffix=setup.ETL_SUFFIX)
        try:
            with stop_on_signals() as stop:
                console.print(describe(export(console, stop)), highlight=False)
            return 0
        except TallyError as error:
            console.print(error.message, style="red", markup=False, highlight=False)
            return 1
        finally:
            setup.shutdown()


def export(console: Console, stop: threading.Event) -> RefreshRun:
    """Run one refresh and draw its progress on the console; raise `Unavailable` if it fails."""
    with Progress(*COLUMNS, console=console) as bar:
        task = bar.add_task("wait", total=None)

        def draw(now: run_log.Progress) -> None:
            bar.update(task, description=now.step)
            if now.total:  # a step without partitions leaves the bar unchanged
                bar.update(task, completed=now.done, total=now.total)

        return refresh.run(trigger="command", progress=draw, stop=stop)


def describe(run: RefreshRun) -> str:
    """Return a one-line summary of a finished refresh."""
    rows = f"{counted(run.users or 0, 'user')} and {counted(run.items or 0, 'item')}"
    if run.mode == "unchanged":
        return f"Nothing changed since snapshot {run.generation}: {rows}."
    seconds = sum(float(value) for value in run.step_seconds.values())
    size = f"{(run.bytes_written or 0) / 1e6:,.1f} MB written"
    why = f" A full one: {run.reason}" if run.reason else ""
    return f"Snapshot {run.generation}: {rows} in {seconds:,.1f} s, {size}.{why}"


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets, so that a refresh ends cleanly.

    Meanwhile a heartbeat detects a PostgreSQL that stalls.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with engine.heartbeat().kept():
            yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
