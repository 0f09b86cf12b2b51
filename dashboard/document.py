"""The document that Streamlit runs a page in, with Tally's own script in front of Streamlit's."""

from functools import lru_cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from dashboard.navigation import SCREENS

SCRIPT_PATH = "/tally/history.js"
SCRIPT = Path(__file__).parent / "scripts" / "history.js"
FIRST_SCRIPT = '<script type="module"'  # of Streamlit's


class WrongDocument(Exception):
    """Streamlit's document is not as it is known here."""


def routes() -> list[Route]:
    """Return the routes of all screens, and that of the script."""
    paths = ["/" if screen.is_default else f"/{screen.name}" for screen in SCREENS]
    return [Route(SCRIPT_PATH, script), *(Route(path, show) for path in paths)]


async def show(_: Request) -> Response:
    """Serve the document."""
    return HTMLResponse(document())


async def script(_: Request) -> Response:
    """Serve the script; browsers ask each time whether it has changed."""
    return FileResponse(SCRIPT, headers={"Cache-Control": "no-cache"})


@lru_cache
def document() -> str:
    """Return Streamlit's document with the tag of our script before its first one.

    Raises `WrongDocument` when there is no such place, as after an upgrade of Streamlit.
    """
    text = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    if FIRST_SCRIPT not in text:
        raise WrongDocument(f"Streamlit's index.html has no {FIRST_SCRIPT}.")
    ours = f'<script src="{SCRIPT_PATH}"></script>\n    '
    return text.replace(FIRST_SCRIPT, ours + FIRST_SCRIPT, 1)
