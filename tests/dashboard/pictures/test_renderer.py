"""The renderer: one picture at a time, in a process that fetches nothing and ends in time."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core.errors import Unavailable
from dashboard.pictures.renderer import PROGRAM, NotDrawn, Renderer
from tests.dashboard.pictures.drawings import PNG, SPEC


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server that notes who asks it for anything."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'[{"a": 1}]')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(stranger: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = stranger
    secret = tmp_path / "secret.json"
    secret.write_text('[{"a": 12345}]')
    for url in (f"{address}rows.json", secret.as_uri(), str(secret)):
        try:
            drawn = Renderer().render({**SPEC, "data": {"url": url}}, "svg")
        except NotDrawn:
            continue
        assert b"12,345" not in drawn
    picture = {"type": "image", "width": 9, "height": 9}
    for kind in ("png", "svg"):
        marked = {**SPEC, "mark": picture, "encoding": {"url": {"value": f"{address}p.png"}}}
        with pytest.raises(NotDrawn):
            Renderer().render(marked, kind)
    assert asked == []


def test_a_drawing_that_takes_too_long_is_stopped() -> None:
    hasty = Renderer(seconds=0.05)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="took too long to draw"):
        hasty.render(SPEC, "png")
    assert time.monotonic() - began < 2
    hasty.seconds = 20.0
    assert hasty.render(SPEC, "png").startswith(PNG)  # the place is free again


def test_one_at_a_time() -> None:
    impatient, together = Renderer(wait_seconds=0.05), threading.Barrier(2)
    drawn: list[bytes] = []
    refused: list[str] = []

    def draw() -> None:
        together.wait(10)
        try:
            drawn.append(impatient.render(SPEC, "svg"))
        except Unavailable as error:
            refused.append(error.message)

    threads = [threading.Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == len(refused) == 1
    assert "Other pictures are being drawn" in refused[0]


def test_what_cannot_be_drawn_is_said_in_words() -> None:
    with pytest.raises(NotDrawn, match="could not be drawn"):
        Renderer().render({"mark": "no such mark"}, "svg")


def test_the_drawing_program_needs_nothing_of_the_server() -> None:
    source = PROGRAM.read_text()
    for package in ("core", "dashboard", "streamlit", "altair"):
        assert f"import {package}" not in source
        assert f"from {package}" not in source
