"""Simulates a person who uses as much of a server as possible, with many pages that always run."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Origin, Subprotocol

from benchmarks.tab import LARGEST_MESSAGE, STREAM

OPEN_SECONDS = 10
RETRY_SECONDS = 0.5  # a refused connection is retried until the end


@dataclass
class Taken:
    """The counts of websockets opened, refused and closed by the server, and of messages sent."""

    events: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = [f"{many:,} {what}" for what, many in sorted(self.events.items())]
        told += [f"{many:,} closed with {code}" for code, many in sorted(self.codes.items())]
        return ", ".join(told)


async def take(url: str, cookies: str, *, sockets: int, seconds: float) -> Taken:
    """Keep so many websockets open, or try to, for so long, each running its page at full speed."""
    taken = Taken()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(_hold(url, cookies, taken) for _ in range(sockets)))
    return taken


async def _hold(url: str, cookies: str, taken: Taken) -> None:
    while True:
        try:
            async with connect(
                url.replace("http", "ws", 1) + STREAM,
                origin=Origin(url),
                subprotocols=[Subprotocol("streamlit")],
                additional_headers={"Cookie": cookies},
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
                max_size=LARGEST_MESSAGE,
            ) as socket:
                taken.events["opened"] += 1
                await _run_without_end(socket, taken)
        except InvalidStatus as refusal:
            taken.events[f"refused with {refusal.response.status_code}"] += 1
        except (OSError, TimeoutError, InvalidHandshake) as error:
            taken.events[f"{type(error).__name__} {error.__cause__!r}"[:120]] += 1
        await asyncio.sleep(RETRY_SECONDS)


async def _run_without_end(socket: ClientConnection, taken: Taken) -> None:
    async def listen() -> None:
        async for _ in socket:
            pass

    listening = asyncio.create_task(listen())
    try:
        for number in count():
            message = BackMsg()
            message.rerun_script.query_string = urlencode({"n": number})
            await socket.send(message.SerializeToString())
            taken.events["messages"] += 1
            await asyncio.sleep(0)
    except WebSocketException:
        taken.codes[socket.close_code or 0] += 1
    finally:
        listening.cancel()


if __name__ == "__main__":
    os.nice(15)  # so that this process does not take processor time from the server
    url, sockets, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    found = asyncio.run(take(url, sys.stdin.readline().strip(), sockets=sockets, seconds=seconds))
    sys.stdout.write(f"{found}\n")
