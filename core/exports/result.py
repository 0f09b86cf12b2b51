"""What a question is answered with: all rows, how many there are, and as of when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from core.errors import TallyError

CUT_SHORT = "There are {} rows, and {} were read. So the file is not whole, and was broken off."


class CutShort(TallyError):
    """The source gave another number of rows than there are."""


@dataclass(frozen=True)
class Answer:
    """All rows, in batches that are read as they are asked for; `rows` is how many there are.

    `identities` are columns of numbers that nobody calculates with. `as_of` is the instant that the
    rows show, `generation` that of their snapshot if they come from one.
    """

    schema: pl.Schema
    rows: int
    frames: Iterable[pl.DataFrame]
    as_of: datetime
    generation: int | None = None
    identities: frozenset[str] = frozenset()

    def counted(self) -> Iterator[pl.DataFrame]:
        """Yield the batches; raise `CutShort` when they end too early or too late."""
        read = 0
        for frame in self.frames:
            read += frame.height
            if read > self.rows:
                break
            yield frame
        if read != self.rows:
            raise CutShort(CUT_SHORT.format(f"{self.rows:,}", f"{read:,}"))
