"""The exported tables, their columns that analytics may see, and the queries of partitions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, DateTime, String, Text

from core.columns.column import Column
from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS
from core.snapshots import partitions
from core.snapshots.partitions import LAST_PARTITION, PARTITION_BITS
from core.snapshots.reader import ITEMS, USERS


@dataclass(frozen=True)
class Table:
    """A table of PostgreSQL and its dataset; `columns` are in the order of `schema`."""

    name: str
    dataset: str
    columns: str
    schema: pa.Schema

    def select(self, partition: int) -> str:
        """Return the query for the rows of a partition, ordered by id."""
        return f"SELECT {self.columns} {self._from(partition)} ORDER BY id"

    def count(self, partition: int) -> str:
        """Return the query for the number of rows in a partition."""
        return f"SELECT count(*) {self._from(partition)}"

    def partitions(self) -> str:
        """Return the query for the partitions that have rows; it makes one index probe for each."""
        return (
            "WITH RECURSIVE parts (part) AS ("  # noqa: S608  # constants and integers
            f'SELECT min(id) >> {PARTITION_BITS} FROM "{self.name}" UNION ALL '
            f'SELECT (SELECT min(id) >> {PARTITION_BITS} FROM "{self.name}" '
            f"WHERE id >= (part + 1) << {PARTITION_BITS}) "
            f"FROM parts WHERE part < {LAST_PARTITION}) "
            "SELECT part FROM parts WHERE part IS NOT NULL ORDER BY part"
        )

    def _from(self, partition: int) -> str:
        first, last = partitions.bounds(partition)
        return f'FROM "{self.name}" WHERE id BETWEEN {first} AND {last}'

    def file(self, partition: int, generation: int) -> str:
        """Return the path of a part's file in a snapshot, made for a certain generation.

        The name contains the generation because other tools read through a symlink that may change
        to the next snapshot meanwhile. They then miss a file instead of mixing two snapshots.
        """
        return f"{self.dataset}/part-{partition:010d}-{generation:012d}.parquet"


# The types of `core.columns` in Arrow, and the types of models in PostgreSQL's catalog.
_ARROW = {
    int: pa.int64(),
    str: pa.string(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
}
_POSTGRESQL = {
    BigInteger: "bigint",
    String: "character varying",
    Text: "text",
    Boolean: "boolean",
    DateTime: "timestamp with time zone",
}


def _table(name: str, dataset: str, columns: Iterable[Column]) -> Table:
    extracted = [column for column in columns if column.extracted]
    fields = (pa.field(c.file_name, _ARROW[c.type], nullable=c.nullable) for c in extracted)
    named = (f"{c.name} AS {c.alias}" if c.alias else c.name for c in extracted)
    return Table(name=name, dataset=dataset, columns=", ".join(named), schema=pa.schema(fields))


TABLES = (_table("user", USERS, USER_COLUMNS), _table("item", ITEMS, ITEM_COLUMNS))
COLUMN_TYPES = {
    (table, column.name): _POSTGRESQL[type(column.source.type)]
    for table, columns in (("user", USER_COLUMNS), ("item", ITEM_COLUMNS))
    for column in columns
    if column.extracted
}
COLUMNS = frozenset(COLUMN_TYPES)
