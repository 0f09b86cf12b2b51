"""What is exported: two tables, the columns that analytics may see, and how they are divided."""

from dataclasses import dataclass

import pyarrow as pa

from core.snapshots.reader import ITEMS, USERS

PART_BITS = 18  # a part is 262,144 consecutive ids
LAST_PART = (2**63 - 1) >> PART_BITS


@dataclass(frozen=True)
class Table:
    """One table of PostgreSQL and its dataset; column order is that of `schema`."""

    name: str
    dataset: str
    columns: str
    schema: pa.Schema

    def select(self, part: int) -> str:
        """Return the query for the rows of one part, in the order of their ids."""
        return f"SELECT {self.columns} {self._from(part)} ORDER BY id"

    def count(self, part: int) -> str:
        """Return the query for the number of rows of one part."""
        return f"SELECT count(*) {self._from(part)}"

    def parts(self) -> str:
        """Return the query for the parts that have rows: one index probe for each of them."""
        return (
            "WITH RECURSIVE parts (part) AS ("  # noqa: S608  # constants and integers
            f'SELECT min(id) >> {PART_BITS} FROM "{self.name}" UNION ALL '
            f'SELECT (SELECT min(id) >> {PART_BITS} FROM "{self.name}" '
            f"WHERE id >= (part + 1) << {PART_BITS}) "
            f"FROM parts WHERE part < {LAST_PART}) "
            "SELECT part FROM parts WHERE part IS NOT NULL ORDER BY part"
        )

    def _from(self, part: int) -> str:
        first, last = part << PART_BITS, ((part + 1) << PART_BITS) - 1
        return f'FROM "{self.name}" WHERE id BETWEEN {first} AND {last}'

    def file(self, part: int, generation: int) -> str:
        """Return the path of a part's file in a snapshot, made for a certain generation.

        The generation is in the name because other tools read through a path that moves on to the
        next snapshot while they do: they then miss a file, and never mix two snapshots.
        """
        return f"{self.dataset}/part-{part:010d}-{generation:012d}.parquet"


_TIME = pa.timestamp("us", tz="UTC")

TABLES = (
    Table(
        name="user",
        dataset=USERS,
        columns="id AS user_id, email, full_name, is_active, is_staff, is_superuser, created_at, "
        "updated_at, search_text",
        schema=pa.schema(
            [
                pa.field("user_id", pa.int64(), nullable=False),
                pa.field("email", pa.string(), nullable=False),
                pa.field("full_name", pa.string()),
                pa.field("is_active", pa.bool_(), nullable=False),
                pa.field("is_staff", pa.bool_(), nullable=False),
                pa.field("is_superuser", pa.bool_(), nullable=False),
                pa.field("created_at", _TIME, nullable=False),
                pa.field("updated_at", _TIME, nullable=False),
                pa.field("search_text", pa.string()),
            ]
        ),
    ),
    Table(
        name="item",
        dataset=ITEMS,
        columns="id AS item_id, owner_id, title, description, created_at, updated_at, search_text",
        schema=pa.schema(
            [
                pa.field("item_id", pa.int64(), nullable=False),
                pa.field("owner_id", pa.int64(), nullable=False),
                pa.field("title", pa.string(), nullable=False),
                pa.field("description", pa.string()),
                pa.field("created_at", _TIME, nullable=False),
                pa.field("updated_at", _TIME, nullable=False),
                pa.field("search_text", pa.string()),
            ]
        ),
    ),
)

_TYPES = {
    "id": "bigint",
    "owner_id": "bigint",
    "created_at": "timestamp with time zone",
    "updated_at": "timestamp with time zone",
    "search_text": "text",
} | dict.fromkeys(("email", "full_name", "title", "description"), "character varying")
COLUMN_TYPES = {
    (table.name, name): _TYPES.get(name, "boolean")
    for table in TABLES
    for name in (column.split(" AS ")[0].strip() for column in table.columns.split(","))
}
COLUMNS = frozenset(COLUMN_TYPES)
