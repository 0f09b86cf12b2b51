"""Progress bars on a terminal, one per step of long work."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from core.db.bulk_copy import Watch


@contextmanager
def bars(console: Console) -> Iterator[Watch]:
    """Yield a function that reports progress; each step gets a bar until the block ends."""
    step_name = TextColumn("{task.description:<24}", markup=False)
    columns = (step_name, BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(step: str, done: int, total: int) -> None:
            if step not in tasks:
                finish()
                tasks[step] = progress.add_task(step)
            # A step without a known total pulses until it is done.
            progress.update(tasks[step], completed=done, total=total or None)

        def finish() -> None:
            for task in tasks.values():
                progress.update(task, completed=1, total=1)

        yield watch
        finish()
