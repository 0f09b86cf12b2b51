"""The HTML document of every page: Streamlit's, with Tally's own scripts before Streamlit's."""

from functools import lru_cache
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from dashboard.shell.screens import SCREENS
from dashboard.web.signatures import person

SCRIPTS_PATH = "/tally"
SCRIPTS = Path(__file__).parent / "scripts"
NAMES = ("history.js", "forms.js")
FIRST_SCRIPT = '<script type="module"'  # the first script of Streamlit's document


class WrongDocument(Exception):
    """Streamlit's document is not as expected."""


def routes() -> list[Route]:
    """Return the routes of all screens and of the scripts."""
    scripts = [Route(f"{SCRIPTS_PATH}/{name}", script) for name in NAMES]
    paths = ["/" if screen.is_default else f"/{screen.name}" for screen in SCREENS]
    return [*scripts, *(Route(path, show) for path in paths)]


async def show(request: Request) -> Response:
    """Serve the document, with a pseudonym that lets our scripts tell people apart."""
    pseudonym = person(request.headers.get("x-tally-user-id"))
    before, after = document()
    return HTMLResponse(f'{before}<meta name="tally-person" content="{pseudonym}">\n    {after}')


async def script(request: Request) -> Response:
    """Serve a script; browsers revalidate it on each load."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(SCRIPTS / name, headers={"Cache-Control": "no-cache"})


@lru_cache
def document() -> tuple[str, str]:
    """Return Streamlit's document in two parts; the second begins with our script tags.

    Raises `WrongDocument` if there is no place for them, for example after a Streamlit upgrade.
    """
    text = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    before, first, after = text.partition(FIRST_SCRIPT)
    if not first:
        raise WrongDocument(f"Streamlit's index.html has no {FIRST_SCRIPT}.")
    tags = [f'<script src="{SCRIPTS_PATH}/{name}"></script>\n    ' for name in NAMES]
    return before, "".join([*tags, first, after])
