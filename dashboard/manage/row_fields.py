"""The fields of a row's form, one for each column that people type."""

from collections.abc import Iterable
from typing import Any

from core.columns.column import Column, read_by_people
from core.manage.row_editor import Row
from core.text.characters import one_line
from dashboard.ui.forms import OPTIONAL, Fields


def shown(columns: Iterable[Column]) -> list[Column]:
    """Return the columns that have a field, in the order of the form."""
    return [column for column in read_by_people(columns) if column.label]


def fresh(columns: Iterable[Column]) -> dict[str, Any]:
    """Return what the form of a new row begins with: the flags that are set where nobody says."""
    return {column.name: True for column in shown(columns) if column.default is True}


def read(row: Row, columns: Iterable[Column]) -> dict[str, Any]:
    """Return what the form of a row begins with."""
    return {column.name: _began(column, getattr(row, column.name)) for column in shown(columns)}


def draw_texts(fields: Fields, columns: Iterable[Column]) -> None:
    """Draw the fields that text is typed into."""
    for column in shown(columns):
        label = f"{column.label}{OPTIONAL}" if column.nullable else column.label
        if column.area:
            fields.area(column.name, label)
        elif column.type is str:
            fields.text(column.name, label, autocomplete=column.autocomplete)


def draw_boxes(fields: Fields, columns: Iterable[Column]) -> None:
    """Draw a check box for each flag."""
    for column in shown(columns):
        if column.type is bool:
            fields.box(column.name, column.label)


def _began(column: Column, value: Any) -> Any:
    return one_line(value or "") if column.type is str and not column.area else value
