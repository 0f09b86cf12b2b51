"""The page to which a page is led that was closed for a newer one; it explains and links back."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.settings import get_settings
from dashboard.web import html_pages
from dashboard.web.own_paths import own_path
from dashboard.websockets.shares import CLOSED_PATH


def routes() -> list[Route]:
    """Return the route to which closed pages are redirected."""
    return [Route(CLOSED_PATH, show, methods=["GET"])]


async def show(request: Request) -> Response:
    """Explain why the page was closed, with a link back to it."""
    most = get_settings().open_pages_per_person
    return html_pages.page("page_closed.html", most=most, again=_find_page(request))


def _find_page(request: Request) -> str:
    """Return the path and query of the closed page, from the Referer header."""
    came_from = urlsplit(request.headers.get("referer", ""))
    query = f"?{came_from.query}" if came_from.query else ""
    path = own_path(came_from.path + query)
    return "/" if path.startswith(CLOSED_PATH) else path
