"""Serving: the sockets that people and programs connect to."""

import asyncio
import socket

from dashboard import serving


def test_small_pieces_of_an_answer_wait_for_nobody() -> None:
    async def connect() -> int:
        accepted: asyncio.Queue[socket.socket] = asyncio.Queue()

        def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.put_nowait(writer.get_extra_info("socket"))

        (listening,) = serving.listen("127.0.0.1", 0)
        async with await asyncio.start_server(accept, sock=listening) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            chosen = (await accepted.get()).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            writer.close()
            return chosen

    assert asyncio.run(connect()), "Nagle's algorithm is on"
