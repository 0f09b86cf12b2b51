"""Progress on a terminal: one bar for each step of long work."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeElapsedColumn as ElapsedColumn

from core.bulk import Watch


@contextmanager
def bars(console: Console) -> Iterator[Watch]:
    """Show a bar for each step that the yielded function is told of, until the block ends."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, ElapsedColumn(), console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done, total=total)

        yield watch
