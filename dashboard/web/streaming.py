"""Streams long responses: chunks are computed in dedicated threads and never held as a whole."""

import logging
from collections.abc import AsyncIterator, Generator, Mapping

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from opentelemetry import trace
from starlette.responses import StreamingResponse
from starlette.types import Send

from core import process
from core.telemetry.setup import tracer
from dashboard.web.rare_log import SeldomLog

PIECE = 262_144  # bytes
# A slower client would block a place that others need. Even slow mobile networks are ten times
# faster.
LEAST_RATE = 10_000  # bytes a second
STALLED_SECONDS = PIECE / LEAST_RATE  # the time limit for a piece
Parts = Generator[bytes, None, None]


class Downloads:
    """The threads in which this process makes what is downloaded, and what it logs of that.

    Separate from the threads for static files, which would wait behind slow responses. Pictures
    have threads of their own, as only one is drawn at a time and rows need not wait for that.
    """

    def __init__(self) -> None:
        self.writing, self.drawing = CapacityLimiter(4), CapacityLimiter(2)
        self.log = SeldomLog(logging.getLogger(__name__))


async def respond(
    name: str,
    parts: Parts,
    *,
    media_type: str,
    headers: Mapping[str, str],
    threads: CapacityLimiter | None = None,
) -> StreamingResponse:
    """Return a response that streams `parts` in a span called `name` and closes them at the end.

    The first chunk is computed before returning, so that an early error becomes a proper response.
    A later error aborts the connection, which every client can tell from a normal end. A chunk is
    computed only after the client has taken the one before.
    """
    traced, threads = _traced(name, parts), threads or process.resource(Downloads).writing
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
        except TimeoutError:  # the response has no end, so the server aborts the connection
            log = process.resource(Downloads).log
            log.warning("A download was broken off: less than %s bytes a second", LEAST_RATE)
        finally:
            with anyio.CancelScope(shield=True):  # runs even if the client has left
                await anyio.to_thread.run_sync(self.rest.close, limiter=self.threads)


async def _all(first: bytes, rest: Parts, threads: CapacityLimiter) -> AsyncIterator[bytes]:
    part: bytes | None = first
    while part is not None:
        # Sent in pieces, as what the connection buffers stays in memory until the client reads it.
        for start in range(0, len(part), PIECE):
            yield part[start : start + PIECE]
        part = await anyio.to_thread.run_sync(next, rest, None, limiter=threads)


def _traced(name: str, parts: Parts) -> Parts:
    # Each chunk may run in another thread, so the span is made current for each one.
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
