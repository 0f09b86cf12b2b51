"""The document that a page runs in: Streamlit's own, with scripts of Tally's before all of its."""

import re
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.shell import document
from dashboard.shell.screens import SCREENS

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
    assert sources[:2] == ["/tally/history.js", "/tally/forms.js"]
    assert sources[2].startswith("./static/js/index")


def test_nothing_else_of_the_document_is_changed(client: TestClient) -> None:
    ours = r'<(meta name="tally-person"|script src="/tally/)[^\n]*\n    '
    assert re.sub(ours, "", client.get("/").text) == STREAMLITS.read_text("utf-8")


def test_it_tells_people_apart_without_saying_who_they_are(client: TestClient) -> None:
    known = [client.get("/", headers={"X-Tally-User-Id": one}).text for one in ("1", "1", "2")]
    assert known[0] == known[1] != known[2]


@pytest.mark.parametrize("name", document.NAMES)
def test_the_scripts_are_served(client: TestClient, name: str) -> None:
    answer = client.get(f"/tally/{name}")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get("/tally/other.js").status_code == 404


def test_a_document_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "FIRST_SCRIPT", "<script type=other")
    with pytest.raises(document.WrongDocument):
        document.document.__wrapped__()
