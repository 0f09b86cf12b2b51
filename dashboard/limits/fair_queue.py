"""A fair queue: each requester has their own line, so nobody's requests delay those of others."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import CapacityLimiter

from core.errors import Unavailable


@dataclass
class _Line:
    places: CapacityLimiter
    length: int = 0  # those being served and those waiting


class FairQueue:
    """One line per requester; a limited number of each line is served at once, the rest waits."""

    def __init__(self, *, longest: int, busy: str) -> None:
        self._longest = longest
        self._busy = busy
        self._lines: dict[Hashable, _Line] = {}

    @asynccontextmanager
    async def turn(self, whose: Hashable, *, at_once: int) -> AsyncIterator[None]:
        """Wait for a turn in the line of `whose`; raise `Unavailable` if that line is too long."""
        line = self._lines.setdefault(whose, _Line(CapacityLimiter(at_once)))
        if line.length >= self._longest:
            raise Unavailable(self._busy)
        line.length += 1
        try:
            async with line.places:
                yield
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[whose]
