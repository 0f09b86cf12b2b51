"""The rows of a dataset, with their number and the time of the data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from core.errors import TallyError

CUT_SHORT = "There are {} rows, and {} were read. So the file is not whole, and was broken off."


class CutShort(TallyError):
    """The source returned more or fewer rows than expected."""


@dataclass(frozen=True)
class Answer:
    """All rows of a dataset, in batches that are read lazily; `rows` is their expected number.

    `identities` are numeric columns that are ids. `as_of` is the time of the data; `generation` is
    that of the snapshot, None for data from the database.
    """

    schema: pl.Schema
    rows: int
    frames: Iterable[pl.DataFrame]
    as_of: datetime
    generation: int | None = None
    identities: frozenset[str] = frozenset()

    def counted(self) -> Iterator[pl.DataFrame]:
        """Yield the batches; raise `CutShort` if the number of rows is not the expected one."""
        read = 0
        for frame in self.frames:
            read += frame.height
            if read > self.rows:
                break
            yield frame
        if read != self.rows:
            raise CutShort(CUT_SHORT.format(f"{self.rows:,}", f"{read:,}"))
