"""Serving: the sockets that people and programs connect to."""

import socket
import threading

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from dashboard.process import server as web_server


def test_small_pieces_of_an_answer_wait_for_nobody() -> None:
    found = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        transport = send.__self__.transport  # type: ignore[attr-defined]
        chosen = transport.get_extra_info("socket")
        found.append(chosen.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await PlainTextResponse("")(scope, receive, send)

    listening, loop = web_server.listen("127.0.0.1", 0), web_server.configure().loop
    server = uvicorn.Server(uvicorn.Config(app, loop=loop, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=(listening,))
    thread.start()
    try:
        with socket.create_connection(listening[0].getsockname()) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.recv(100)
    finally:
        server.should_exit = True
        thread.join()
    assert found == [1], "Nagle's algorithm is on"
