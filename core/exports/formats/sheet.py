"""What a format writes: columns, rows, and a description of their origin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from core.calendar.zones import UTC


@dataclass(frozen=True)
class Sheet:
    """All rows of a file, in batches that are read lazily.

    `rows` is the expected number of rows. `identities` are numeric columns that are ids. Times are
    in UTC; `zone` is the reader's time zone. `about` describes the origin, by label.
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
        """Return an empty frame with the columns."""
        return self.schema.to_frame()
