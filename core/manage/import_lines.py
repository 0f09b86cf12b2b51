"""Converts a line of an imported file to the column values of a row."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from core.calendar.zones import UTC
from core.columns.column import Column
from core.columns.forms import new_row
from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS
from core.db.fields import parse
from core.errors import Invalid
from core.manage.import_tables import OWNER, TIMES, imported
from core.manage.past_times import Times, read_times
from core.manage.readers import Field, Record, as_text

YES, NO = {"true", "yes", "1", "active", "enabled"}, {"false", "no", "0", "inactive", "disabled"}
NOT_YES_OR_NO = "Write yes or no, true or false."


class Lines:
    """Reads the lines of a file: texts by the columns' rules, booleans as yes or no, and times.

    `fields` are the columns to look for in the file, `names` those that `read` returns. The column
    `apart` is left out, as the caller reads it itself.
    """

    def __init__(self, columns: Sequence[Column], *, apart: str = "") -> None:
        found = imported(columns)
        self._texts = [c for c in found if c.type is str and c.name != apart]
        self._flags = [c for c in found if c.type is bool]
        self._form = new_row("Line", "One line of a file.", self._texts)
        self.fields = tuple(Field(c.name, c.also, c.required) for c in found)
        self.names = (*(c.name for c in (*self._texts, *self._flags)), *TIMES)

    def read(self, record: Record, now: datetime) -> dict[str, str | None]:
        """Return the values of a record by column; raise `Invalid`."""
        typed = {column.name: as_text(record.cells.get(column.name)) for column in self._texts}
        values: dict[str, str | None] = vars(parse(self._form, typed))  # dict() takes twice as long
        for column in self._flags:
            values[column.name] = _read_flag(record, column)
        times = read_times(record.cells, zone=record.zone or UTC, now=now)
        values["created_at"], values["updated_at"] = _stored(times)
        return values


def _read_flag(record: Record, column: Column) -> str | None:
    text = as_text(record.cells.get(column.name)).strip().casefold()
    if not text:
        return None if column.fallback is None else str(column.fallback).lower()
    if text not in YES | NO:
        raise Invalid({column.name: NOT_YES_OR_NO})
    return str(text in YES).lower()


def _stored(times: Times) -> Iterator[str | None]:
    return (None if at is None else at.isoformat() for at in (times.created, times.updated))


USERS, ITEMS = Lines(USER_COLUMNS), Lines(ITEM_COLUMNS, apart=OWNER)
