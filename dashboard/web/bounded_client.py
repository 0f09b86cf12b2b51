"""HTTP answers no larger than expected: a stranger's server must not fill this one's memory."""

from collections.abc import AsyncIterator
from typing import cast

import httpx2 as httpx

LARGEST = 1_048_576


class TooLarge(httpx.TransportError):
    """The answer is longer than anything that was asked for."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """A transport that stops reading after `LARGEST` bytes and takes nothing compressed."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of its answer raises `TooLarge` when it does not end."""
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if "Content-Encoding" in response.headers:
            raise TooLarge("The answer is compressed, so its size is unknown.")
        response.stream = _Bounded(cast(httpx.AsyncByteStream, response.stream))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > LARGEST:
                raise TooLarge("The answer is too long.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
