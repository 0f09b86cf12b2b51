"""Long answers, computed part by part in threads of their own and never held as a whole."""

import logging
from collections.abc import AsyncIterator, Generator, Mapping

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from opentelemetry import trace
from starlette.responses import StreamingResponse
from starlette.types import Send

from core.telemetry.setup import tracer
from dashboard.web.rare_log import SeldomLog

PIECE = 262_144  # bytes
# Who takes less holds a place that others wait for; the slowest mobile network takes ten times it.
LEAST_RATE = 10_000  # bytes a second
STALLED_SECONDS = PIECE / LEAST_RATE  # so long a piece may take
# Not the threads that serve static files: those would wait behind slow answers. And who waits for a
# picture, of which one is drawn at a time, does so beside the rows of others.
WRITING, DRAWING = CapacityLimiter(4), CapacityLimiter(2)
_log = SeldomLog(logging.getLogger(__name__))
Parts = Generator[bytes, None, None]


async def respond(
    name: str,
    parts: Parts,
    *,
    media_type: str,
    headers: Mapping[str, str],
    threads: CapacityLimiter = WRITING,
) -> StreamingResponse:
    """Return a response that streams `parts` under one span called `name`, and closes them.

    The first part is computed now, so that what fails at once becomes a proper error. What fails
    later breaks the connection off, which every client can tell from an end. No part is computed
    before the one before it was taken.
    """
    traced = _traced(name, parts)
    first = await anyio.to_thread.run_sync(next, traced, b"", limiter=threads)
    return _Streamed(first, traced, threads, media_type=media_type, headers=headers)


class _Streamed(StreamingResponse):
    def __init__(
        self, first: bytes, rest: Parts, threads: CapacityLimiter, **options: object
    ) -> None:
        super().__init__(_all(first, rest, threads), **options)  # type: ignore[arg-type]
        self.rest = rest
        self.threads = threads

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: object) -> None:
            with anyio.fail_after(STALLED_SECONDS):
                await send(message)  # type: ignore[arg-type]

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:  # without its end, the server breaks the connection off
            _log.warning("A download was broken off: less than %s bytes a second", LEAST_RATE)
        finally:
            with anyio.CancelScope(shield=True):  # also when the client has gone
                await anyio.to_thread.run_sync(self.rest.close, limiter=self.threads)


async def _all(first: bytes, rest: Parts, threads: CapacityLimiter) -> AsyncIterator[bytes]:
    part: bytes | None = first
    while part is not None:
        # What a connection has taken and not sent stays in memory for as long as the client likes.
        for start in range(0, len(part), PIECE):
            yield part[start : start + PIECE]
        part = await anyio.to_thread.run_sync(next, rest, None, limiter=threads)


def _traced(name: str, parts: Parts) -> Parts:
    # A part may be computed by another thread than the one before it, so the span is made
    # current for each of them anew.
    span = tracer.start_span(name)
    size = 0
    try:
        while True:
            with trace.use_span(span):
                part = next(parts, None)
            if part is None:
                return
            size += len(part)
            yield part
    finally:
        with trace.use_span(span):
            parts.close()
        span.set_attribute("http.response.body.size", size)
        span.end()
