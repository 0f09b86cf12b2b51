"""Long answers, computed part by part in threads of their own and never held as a whole."""

from collections.abc import AsyncIterator, Iterator, Mapping

import anyio.to_thread
from anyio import CapacityLimiter
from opentelemetry import trace
from starlette.responses import StreamingResponse

from core.telemetry import tracer

# Not the threads that serve static files: those would wait behind slow answers.
_threads = CapacityLimiter(4)


async def respond(
    name: str, parts: Iterator[bytes], *, media_type: str, headers: Mapping[str, str]
) -> StreamingResponse:
    """Return a response that streams `parts` under one span called `name`.

    The first part is computed now, so that what fails at once becomes a proper error.
    """
    traced = _traced(name, parts)
    first = await anyio.to_thread.run_sync(next, traced, b"", limiter=_threads)
    return StreamingResponse(_all(first, traced), media_type=media_type, headers=headers)


async def _all(first: bytes, rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    part: bytes | None = first
    while part is not None:
        yield part
        part = await anyio.to_thread.run_sync(next, rest, None, limiter=_threads)


def _traced(name: str, parts: Iterator[bytes]) -> Iterator[bytes]:
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
        span.set_attribute("http.response.body.size", size)
        span.end()
