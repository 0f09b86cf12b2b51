"""Tally's own HTML pages outside Streamlit: sign-in, sign-out, errors."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from dashboard.web.problem import problem

FOLDER = Path(__file__).parent / "templates"
STYLE_PATH = "/sign-in/style.css"
_templates = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render the template `name`; all values are escaped."""
    return HTMLResponse(_templates.get_template(name).render(values), status_code=status)


def message(request: Request, status: int, title: str, text: str) -> Response:
    """Return an error response: a page for browsers, a problem document for programs."""
    if "text/html" not in request.headers.get("accept", ""):
        return problem(status, text)
    return page("message.html", status=status, title=title, text=text)


async def style(_: Request) -> Response:
    """Serve the pages' style sheet."""
    headers = {"Cache-Control": "no-cache"}
    return FileResponse(FOLDER / "style.css", media_type="text/css", headers=headers)
