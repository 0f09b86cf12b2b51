"""What all tables have in common: names of constraints and types of columns."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, DateTime, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB, base
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class TransactionId(UserDefinedType[str]):
    """PostgreSQL's `xid8`, a transaction id that is never reused; a `str` in Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in SQL."""
        return "xid8"


base.ischema_names["xid8"] = TransactionId  # for Alembic, which reads the types of existing tables


class Base(DeclarativeBase):
    """The declarative base; constraints get predictable names, so migrations can refer to them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012

    def stored(self) -> dict[str, Any]:
        """Return the values of all columns by name, except those that PostgreSQL computes."""
        columns = (c for c in self.__table__.columns if c.computed is None)
        return {column.key: getattr(self, column.key) for column in columns}


def folded(texts: str) -> MappedColumn[str | None]:
    """Return the computed column that searches read; null for ASCII text (core/text/folding.py)."""
    column = Computed(f"search_text({texts})")
    return mapped_column(Text, column, deferred=True, deferred_raiseload=True)


def one_open(name: str) -> Index:
    """Return the unique index that allows only one requested or running row in a table."""
    unfinished = text("status IN ('requested', 'running')")
    return Index(name, text("(true)"), unique=True, postgresql_where=unfinished)
