"""Reads a websocket's messages ahead while earlier ones wait, to notice its end at once."""

import asyncio
from collections import deque
from collections.abc import Coroutine

from starlette.types import Message, Receive

# All that one person's pages may send in about half a minute; no browser queues that much. A
# program at full speed sends thousands at once, whether or not the server reads on.
MOST_WAITING = 256


class Flooded(Exception):
    """More messages are waiting than a person's clicks can cause."""


class Inbox:
    """The messages received but not handled yet, and at most one pending read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: deque[Message] = deque()
        self._reading: asyncio.Task[Message] | None = None

    async def get(self) -> Message:
        """Return the next message; wait for it if necessary."""
        return self._waiting.popleft() if self._waiting else await self._read()

    async def end_during(self, wait: Coroutine[None, None, None]) -> Message | None:
        """Await `wait`; return the disconnect message if that comes first, else None.

        Raises `Flooded` if too many messages arrive meanwhile.
        """
        waiting = asyncio.ensure_future(wait)
        try:
            while not waiting.done():
                reading = self._begin_to_read()
                await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done() and (end := self._keep(await self._read())):
                    return end
            return None
        finally:
            waiting.cancel()

    def close(self) -> None:
        """Cancel the pending read."""
        if self._reading:
            self._reading.cancel()

    def _keep(self, message: Message) -> Message | None:
        if message["type"] == "websocket.disconnect":
            return message
        self._waiting.append(message)
        if len(self._waiting) > MOST_WAITING:
            raise Flooded
        return None

    def _begin_to_read(self) -> asyncio.Task[Message]:
        self._reading = self._reading or asyncio.create_task(_read(self._receive))
        return self._reading

    async def _read(self) -> Message:
        message = await self._begin_to_read()
        self._reading = None
        return message


async def _read(receive: Receive) -> Message:
    return await receive()
