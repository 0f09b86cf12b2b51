"""What somebody sees in a page that was closed for a newer one: why, and the way back."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.settings import get_settings
from dashboard.web import html_pages
from dashboard.web.own_paths import own_path
from dashboard.websockets.shares import CLOSED_PATH


def routes() -> list[Route]:
    """Return the route that a closed page is led to."""
    return [Route(CLOSED_PATH, show, methods=["GET"])]


async def show(request: Request) -> Response:
    """Say why the page was closed, with a link to where it was."""
    most = get_settings().open_pages_per_person
    return html_pages.page("page_closed.html", most=most, again=_find_page(request))


def _find_page(request: Request) -> str:
    """Return the path and query of the page that led here; browsers tell it to their own site."""
    came_from = urlsplit(request.headers.get("referer", ""))
    query = f"?{came_from.query}" if came_from.query else ""
    path = own_path(came_from.path + query)
    return "/" if path.startswith(CLOSED_PATH) else path
