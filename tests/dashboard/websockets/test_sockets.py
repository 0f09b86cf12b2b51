"""Somebody with 100 and 300 websockets at full speed: the server serves others, and ends."""

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest

from benchmarks import tab
from core.actor import Actor
from core.settings import ROOT
from core.snapshots.reader import Snapshot
from tests.conftest import make_user
from tests.dashboard.conftest import Server, served_alone, session_cookie, sign_in

BUSY, QUIET = "busy@example.com", "quiet@example.com"
SECONDS = 8
PATIENCE = 60  # against a hang; nothing is promised about time on a machine that runs tests
PAGES, DESCRIPTORS = 20, 1024
# Its socket, the event loop that Streamlit makes for a page, and what a run has open for a moment.
DESCRIPTORS_A_PAGE = 6


@pytest.fixture
def server(superuser: Actor, system: Actor, snapshot: Snapshot, tmp_path: Path) -> Iterator[Server]:
    """Tally as it is served, with two of staff."""
    for email in (BUSY, QUIET):
        make_user(system, email, is_staff=True)
    with served_alone(
        tmp_path, descriptors=DESCRIPTORS, OPEN_PAGES_PER_PERSON=str(PAGES)
    ) as server:
        yield server


def test_neither_full_speed_nor_half_a_request_keeps_anybody_out(server: Server) -> None:
    busy, quiet = cookies(server, BUSY), cookies(server, QUIET)
    process = psutil.Process(server.process.pid)
    assert asyncio.run(look_around(server, quiet)) == 3
    before = process.num_fds()
    for sockets in (100, 300):
        with hogging(server, busy, sockets) as hog:
            assert asyncio.run(look_around(server, quiet)) == 3
            assert httpx.get(f"{server.url}/healthz", timeout=PATIENCE).is_success
            # The refused learn it late, so each of those still has its socket.
            assert process.num_fds() < before + PAGES * DESCRIPTORS_A_PAGE + sockets
        told, _ = hog.communicate(timeout=PATIENCE)
        assert "refused with 403" in told
        assert " messages" in told
    # A few were closed before Streamlit told of their session, which goes when it is collected.
    wait_until(lambda: process.num_fds() < before + PAGES * DESCRIPTORS_A_PAGE / 2)
    with half_sent(server, DESCRIPTORS + 200):
        assert asyncio.run(look_around(server, quiet)) == 3
        assert process.num_fds() < DESCRIPTORS / 2
    assert server.stop() < PATIENCE
    assert not re.search("ERROR|Traceback", server.log.read_text())


async def look_around(server: Server, cookies: str) -> int:
    """Run three pages of the navigation; return how many there were to run."""
    async with tab.opened(server.url, cookies) as opened:
        await opened.visit()
        pages = list(opened.pages)[:3]
        for page in pages:
            await opened.visit(page)
        return len(pages)


@contextmanager
def hogging(server: Server, cookies: str, sockets: int) -> Iterator[subprocess.Popen[str]]:
    """Let somebody take what can be had, in a process of their own, from before the block on."""
    command = [sys.executable, "-m", "benchmarks.hog", server.url, str(sockets), str(SECONDS)]
    hog = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert hog.stdin
    hog.stdin.write(f"{cookies}\n")
    hog.stdin.close()
    hog.stdin = None
    try:
        time.sleep(SECONDS / 2)
        yield hog
    finally:
        if sys.exc_info()[0] is not None:
            hog.kill()


@contextmanager
def half_sent(server: Server, count: int) -> Iterator[None]:
    """Begin so many requests and end none, from before the block on."""
    where = ("localhost", httpx.URL(server.url).port or 0)
    with ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(where, timeout=PATIENCE))
            with suppress(OSError):
                client.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n")
        yield


def cookies(server: Server, email: str) -> str:
    """What a browser of somebody who is signed in sends."""
    with server.client() as client:
        assert sign_in(client, email).status_code == 303
        session_cookie(client)
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


def wait_until(condition: Callable[[], object]) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this never came to be"
        time.sleep(0.2)
