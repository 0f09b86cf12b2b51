"""Errors on the command line: a line or two about what happened, never a traceback."""

from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console
from typer.core import TyperGroup

from core.errors import Invalid, TallyError

err = Console(stderr=True, highlight=False, soft_wrap=True)


class Commands(TyperGroup):
    """A group of commands that prints expected errors to stderr and exits with status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; print what went wrong."""
        try:
            return super().invoke(ctx)
        except (ValidationError, TallyError) as error:
            err.print(describe(error), markup=False, style="red")
            raise typer.Exit(1) from error


def describe(error: ValidationError | TallyError) -> str:
    """Return the message for an error; it quotes no values, as they may be secret."""
    if isinstance(error, Invalid):
        return "\n".join(f"{field}: {reason}" for field, reason in error.fields.items())
    if isinstance(error, TallyError):
        return error.message
    return "\n".join(_setting(e["loc"], e["msg"]) for e in error.errors(include_input=False))


def _setting(location: tuple[int | str, ...], message: str) -> str:
    reason = message.removeprefix("Value error, ")
    name = ".".join([str(location[0]).upper(), *map(str, location[1:])]) if location else ""
    return f"{name}: {reason}" if name else reason
