"""The messages of one websocket, read on while they wait, so that its end is not noticed late."""

import asyncio
from collections import deque
from collections.abc import Coroutine

from starlette.types import Message, Receive

# Half a minute of all that one person's pages may send: no browser has so many waiting. What a
# program sends at full speed comes in one piece of thousands, whether or not the server reads on.
MOST_WAITING = 256


class Flooded(Exception):
    """So many messages wait that a program sends them, and not somebody who clicks."""


class Inbox:
    """The messages that came, and at most one being read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting: deque[Message] = deque()
        self._reading: asyncio.Task[Message] | None = None

    async def get(self) -> Message:
        """Return the next message, once there is one."""
        return self._waiting.popleft() if self._waiting else await self._read()

    async def end_during(self, wait: Coroutine[None, None, None]) -> Message | None:
        """Wait, and return the end of the websocket if that comes first; raise `Flooded`."""
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
        """Read no more."""
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
