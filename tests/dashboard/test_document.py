"""The document that a page runs in: Streamlit's own, with a script of Tally's before all of its."""

import re
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import document
from dashboard.navigation import SCREENS

PATHS = ["/", *(f"/{screen.name}" for screen in SCREENS if not screen.is_default)]
STREAMLITS = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.fixture
def client() -> TestClient:
    """A browser that asks for documents alone."""
    return TestClient(Starlette(routes=document.routes()))


@pytest.mark.parametrize("path", PATHS)
def test_every_screen_has_our_script_before_those_of_streamlit(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    sources = re.findall(r'<script[^>]* src="([^"]+)"', answer.text)
    assert sources[0] == "/tally/history.js"
    assert sources[1].startswith("./static/js/index")


def test_nothing_else_of_the_document_is_changed(client: TestClient) -> None:
    ours = '<script src="/tally/history.js"></script>\n    '
    assert client.get("/").text.replace(ours, "") == STREAMLITS.read_text("utf-8")


def test_the_script_is_served(client: TestClient) -> None:
    answer = client.get("/tally/history.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_document_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "FIRST_SCRIPT", "<script type=other")
    with pytest.raises(document.WrongDocument):
        document.document.__wrapped__()
