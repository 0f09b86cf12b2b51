"""Describes a column of users or items, for lists, forms, files and snapshots."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

REQUIRED: Any = ...  # pydantic's marker for a field without a default


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """A column; `source` is the model's attribute, which gives its type and nullability.

    `rule` is what may be typed, one of the types in `core.db.fields`; without it nobody types it.
    `default` is what it is where nobody did. Without a `label` no form has it, without a `width`
    in pixels no list, which calls it `heading` where that is another word. `area` is a text of
    several lines, `autocomplete` what a browser may fill in. `also` are other names of it in files
    that people bring, as `header.plain` makes them. `alias` is its name in snapshots and exports
    where it is another one. `order` moves it up or down where people read it.
    """

    name: str = field(kw_only=False)
    source: InstrumentedAttribute[Any] = field(kw_only=False)
    rule: Any = None
    default: Any = REQUIRED
    label: str = ""
    heading: str = ""
    width: int = 0
    area: bool = False
    autocomplete: str = ""
    also: tuple[str, ...] = ()
    imported: bool = False
    extracted: bool = True
    exported: bool = True
    alias: str = ""
    order: int = 0

    @property
    def type(self) -> type:
        """The Python type of its values."""
        kind: type = self.source.type.python_type
        return kind

    @property
    def nullable(self) -> bool:
        """Whether its value may be null."""
        return bool(self.source.property.columns[0].nullable)

    @property
    def required(self) -> bool:
        """Whether somebody has to say what it is."""
        return self.typed and self.fallback is REQUIRED

    @property
    def fallback(self) -> Any:
        """The value of a new row if nothing was typed."""
        return None if self.nullable else self.default

    @property
    def typed(self) -> bool:
        """Whether people may say what it is."""
        return self.rule is not None

    @property
    def file_name(self) -> str:
        """The name in snapshots and exports."""
        return self.alias or self.name


def read_by_people(columns: Iterable[Column]) -> list[Column]:
    """Sort columns for people: the column that names a row comes first."""
    return sorted(columns, key=lambda column: column.order)
