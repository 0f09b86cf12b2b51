"""What a format writes: rows with their columns, and what is to be known about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from core.calendar.zones import UTC


@dataclass(frozen=True)
class Sheet:
    """All rows of a file, in batches that are made as they are asked for.

    `rows` is how many there will be. `identities` are columns of numbers that nobody calculates
    with. Moments are UTC; `zone` is that of the reader. `about` says in words where it is from.
    """

    title: str
    as_of: datetime
    schema: pl.Schema
    rows: int
    frames: Iterable[pl.DataFrame]
    zone: ZoneInfo = UTC
    identities: frozenset[str] = frozenset()
    about: Mapping[str, str] = field(default_factory=dict)

    def header(self) -> pl.DataFrame:
        """Return the columns, without any row."""
        return self.schema.to_frame()
