"""A fair queue: of what anybody may ask for, nobody's requests keep those of others waiting."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import CapacityLimiter

from core.errors import Unavailable


@dataclass
class _Line:
    places: CapacityLimiter
    length: int = 0  # who is served, and who waits for that


class FairQueue:
    """A line for each that asks: so many of a line are served at once, and the others wait."""

    def __init__(self, *, longest: int, busy: str) -> None:
        self._longest = longest
        self._busy = busy
        self._lines: dict[Hashable, _Line] = {}

    @asynccontextmanager
    async def turn(self, whose: Hashable, *, at_once: int) -> AsyncIterator[None]:
        """Run the block when it is its turn; raise `Unavailable` when the line is too long."""
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
