"""Who owns what: the columns of a person that views have, and how people are looked up by id."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from etl.extract.datasets import TABLES
from etl.extract.exported_snapshot import ExportedSnapshot

PERSON: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.Int64,
    "email": pl.String,
    "full_name": pl.String,
    "is_active": pl.Boolean,
    "created_at": pl.Datetime("us", "UTC"),
    "search_text": pl.String,  # snapshots of layout 4 and before, which are verified, lack it
}
LOOK_UP = f'SELECT id, {", ".join([*PERSON][1:])} FROM "user" WHERE id = ANY(%s)'  # noqa: S608

Lookup = Callable[[Sequence[int]], pl.DataFrame]


class OrphanedItems(Exception):
    """Items have owners who are not among the users; `ids` are some of the owners."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"{len(ids)} owners do not exist")
        self.ids = sorted(ids)[:10]


def fields(*names: str) -> list[pa.Field]:
    """Return columns of a person as views have them, by name."""
    users = next(table.schema for table in TABLES if table.name == "user")
    return [users.field(name) for name in names]


def look_up(exported_snapshot: ExportedSnapshot, ids: Sequence[int]) -> pl.DataFrame:
    """Return the people with these ids, with the columns of `PERSON`, out of PostgreSQL."""
    rows = exported_snapshot.ask(LOOK_UP, list(ids)) if ids else []
    return pl.DataFrame(rows, schema=PERSON, orient="row")


def find(users: Sequence[Path], ids: Sequence[int]) -> pl.DataFrame:
    """Return the people with these ids as `look_up` does, out of the partitions of the users."""
    people = pl.scan_parquet(list(users))
    if "search_text" not in people.collect_schema():
        people = people.with_columns(pl.lit(None, pl.String).alias("search_text"))
    return people.select(*PERSON).filter(pl.col("user_id").is_in(list(ids))).collect()


def read(users: Sequence[Path]) -> pl.DataFrame:
    """Return everybody in some partitions, with the columns of `PERSON`."""
    if not users:
        return pl.DataFrame(schema=PERSON)
    return pl.read_parquet(list(users), columns=list(PERSON))
