"""Records the spans of long work, so that pages can show them, wherever traces are exported to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry import context
from opentelemetry.util.types import AttributeValue

from core.telemetry.setup import tracer

MOST = 200
KEPT, DEPTH = (context.create_key(f"tally.{name}") for name in ("kept", "depth"))

Attributes = dict[str, AttributeValue]


@dataclass
class Kept:
    """The recorded spans, of which `rows` returns the longest. Threads may add to it."""

    began: float = field(default_factory=time.monotonic)
    spans: list[tuple[str, float, float, int, Attributes]] = field(default_factory=list)

    def rows(self) -> list[list[object]]:
        """Return at most 200 spans as JSON can hold them.

        Each is `[name, start, seconds, depth, attributes]`; the start is in seconds since this was
        made, depth 0 is the outermost.
        """
        longest = sorted(self.spans, key=lambda span: span[2], reverse=True)[:MOST]
        return [
            [name, round(start, 4), round(seconds, 4), depth, recorded]
            for name, start, seconds, depth, recorded in sorted(longest, key=lambda span: span[1])
        ]


@contextmanager
def keeping(kept: Kept) -> Iterator[None]:
    """Keep all spans that `opened` opens in the block, also in threads that share its context."""
    token = context.attach(context.set_value(KEPT, kept))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def opened(name: str, **attributes: AttributeValue) -> Iterator[Attributes]:
    """Open a span; yield its attributes, to which the block may add."""
    kept, depth, recorded = context.get_value(KEPT), context.get_value(DEPTH), dict(attributes)
    level = depth if isinstance(depth, int) else 0
    token = context.attach(context.set_value(DEPTH, level + 1))
    started = time.monotonic()
    try:
        with tracer.start_as_current_span(name) as span:
            try:
                yield recorded
            finally:
                span.set_attributes(recorded)
    finally:
        context.detach(token)
        if isinstance(kept, Kept):
            seconds = time.monotonic() - started
            kept.spans.append((name, started - kept.began, seconds, level, recorded))
