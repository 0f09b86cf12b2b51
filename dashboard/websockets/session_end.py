"""Ends open pages when their session ends: tells why, and leads the same person back later."""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.actor import Actor
from core.sign_in.sessions import Ended
from dashboard.web.own_paths import own_path
from dashboard.web.signatures import person

BACK_PATH = "/back"  # where a sign-in leads after a session has ended
WHY = {
    Ended.EXPIRED: "Your session expired. Sign in again to go on where you were.",
    Ended.ELSEWHERE: "Your session was ended in another window or by a superuser. "
    "Sign in again to go on where you were.",
    Ended.REFUSED: "Your account can no longer use Tally, so you were signed out. "
    "Ask a Tally superuser for access.",
}


def routes() -> list[Route]:
    """Return the route that leads back after a sign-in; the gate protects it."""
    return [Route(BACK_PATH, lead_back, methods=["GET"])]


def sign_in_path(actor: Actor, ended: Ended) -> str:
    """Return the sign-in path for the open pages of a session that ended without a sign-out."""
    return f"/sign-in?{urlencode({'ended': ended, 'for': person(actor.id)})}"


def why(request: Request) -> str:
    """Return a message that says why somebody was sent to the sign-in; empty if nothing did."""
    ended = request.query_params.get("ended")
    return WHY[Ended(ended)] if ended in set(Ended) else ""


def find_target(request: Request) -> str:
    """Return the path to open after the sign-in: the requested one, or the page that just ended.

    The Referer header names the page that ended.
    """
    if "ended" not in request.query_params:
        return own_path(request.query_params.get("next", ""))
    came_from = urlsplit(request.headers.get("referer", ""))
    page = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    query = {"for": request.query_params.get("for", ""), "to": own_path(page)}
    return f"{BACK_PATH}?{urlencode(query)}"


async def lead_back(request: Request) -> Response:
    """Lead back to the page that ended, if it was this person's: its address may reveal filters."""
    visitor = person(request.headers.get("x-tally-user-id"))
    is_theirs = request.query_params.get("for") == visitor
    target = own_path(request.query_params.get("to", "")) if is_theirs else "/"
    return RedirectResponse("/" if target.startswith(BACK_PATH) else target, status_code=303)
