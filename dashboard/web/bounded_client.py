"""An HTTP client that limits response sizes, so that a foreign server cannot fill our memory."""

from collections.abc import AsyncIterator
from typing import cast

import httpx2 as httpx

LARGEST = 1_048_576


class TooLarge(httpx.TransportError):
    """The response is larger than `LARGEST`, or its size is unknown."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """A transport that stops reading after `LARGEST` bytes and refuses compression."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; reading too long a body raises `TooLarge`."""
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
