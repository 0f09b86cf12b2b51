"""The command-line options and the output that all benchmark commands share."""

import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console

MANY_USERS, MANY_ITEMS = 1_000_000, 10_000_000
Users: TypeAlias = Annotated[int, typer.Option("--users", min=100, help="How many users.")]
Items: TypeAlias = Annotated[int, typer.Option("--items", min=1000, help="How many items.")]
JsonFile: TypeAlias = Annotated[
    Path | None, typer.Option("--json", help="File for the figures as JSON.")
]
DataPath: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data-path", help="Folder for PostgreSQL; kept, and used again if filled."),
]
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(*lines: str) -> None:
    """Write lines to standard output and flush, as a measurement may take an hour."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
