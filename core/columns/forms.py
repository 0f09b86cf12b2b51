"""Forms made of columns: the same rules wherever a row comes from."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from core.columns.column import Column

STRICT = ConfigDict(extra="forbid", strict=True)


def new_row(name: str, about: str, columns: Iterable[Column]) -> type[BaseModel]:
    """Return the form of a row that is not there yet, with the columns that are typed."""
    fields: Any = {column.name: (column.rule, column.fallback) for column in columns if column.rule}
    form: type[BaseModel] = create_model(name, __config__=STRICT, __doc__=about, **fields)
    return form
