"""Builds forms from columns, so that the same rules apply wherever a row comes from."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from core.columns.column import REQUIRED, Column

STRICT = ConfigDict(extra="forbid", strict=True)


def new_row(name: str, about: str, columns: Iterable[Column], **more: Any) -> type[BaseModel]:
    """Return the form of a row that is not there yet: each column that is typed, and `more`."""
    return _form(name, about, {c.name: (c.rule, c.fallback) for c in columns if c.typed} | more)


def change(name: str, about: str, columns: Iterable[Column], **more: Any) -> type[BaseModel]:
    """Return the form of a change, in which each text may be left out, to stay as it is."""
    return _form(name, about, {c.name: (c.rule, _unchanged(c)) for c in columns if c.typed} | more)


def _unchanged(column: Column) -> Any:
    # It is never stored: a change has only what was said.
    return "" if column.type is str and column.fallback is REQUIRED else column.fallback


def _form(name: str, about: str, fields: dict[str, Any]) -> type[BaseModel]:
    form: type[BaseModel] = create_model(name, __config__=STRICT, __doc__=about, **fields)
    return form
