"""Sign-in and sign-out: plain HTML forms that set and clear the session cookie."""

from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.access.password_strength import SWITCHED_OFF
from core.actor import Actor
from core.db import engine
from core.db.fields import PASSWORD_MAXIMUM
from core.db.models import EMAIL_LENGTH
from core.errors import TooMany, Unavailable
from core.settings import get_settings
from core.sign_in import sessions
from core.sign_in.sessions import Ended, SignIn
from core.text.addresses import as_typed
from dashboard.auth import cookies
from dashboard.auth.session_cache import Visitors
from dashboard.sign_in import page
from dashboard.sign_in.attempt_queue import Credentials, SignInQueue
from dashboard.web import html_pages
from dashboard.web.own_paths import own_path
from dashboard.websockets import session_end
from dashboard.websockets.connections import Connections, ended_for

LARGEST_FORM = 16_384
LARGEST_BODY = 4 * 1024 * 1024  # up to this a body is read and dropped, so the response arrives
MOST_FIELDS = 10
WRONG = "The e-mail address or the password is wrong, or this account may not sign in."
EXPIRED = "This form was open for too long. Please try again."
TOO_LONG = "That is longer than a password can be."
NOT_AN_ADDRESS = "This is not an e-mail address."
STILL_IN = "You are still signed in"
AWAY = "The database cannot be reached right now, so nobody can sign in. Please try again soon."


class SignInRoutes:
    """The routes of sign-in by password and of sign-out."""

    def __init__(self, *, visitors: Visitors, connections: Connections) -> None:
        self.visitors = visitors
        self.connections = connections
        self.queue = SignInQueue()

    def routes(self) -> list[Route]:
        """Return the routes; `st.logout()` leads to `/auth/logout`."""
        return [
            Route("/sign-in", self.show_form, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route(html_pages.STYLE_PATH, html_pages.style, methods=["GET"]),
            Route("/sign-out", self.confirm_sign_out, methods=["GET"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/auth/logout", self.confirm_sign_out, methods=["GET"]),
        ]

    async def show_form(self, request: Request) -> Response:
        """Show the form, or redirect people who are signed in already."""
        target, note = session_end.find_target(request), session_end.why(request)
        try:
            if await self._find_present(request, has_ended=bool(note)):
                return RedirectResponse(target, status_code=303)
        except Unavailable:
            return page.form(request, target=target, error=AWAY, status=503)
        return page.form(request, target=target, note=note)

    async def sign_in(self, request: Request) -> Response:
        """Begin a session, or show the form again with an error."""
        if not get_settings().password_sign_in:
            return page.form(request, target="/", error=SWITCHED_OFF, status=403)
        try:
            fields = await _read_fields(request)
        except HTTPException as error:
            return page.form(request, target="/", error=error.detail, status=error.status_code)
        fields["email"] = as_typed(fields.get("email", ""))
        target = own_path(fields.get("next", ""))
        email, password = fields["email"], fields.get("password", "")
        show_again = partial(page.form, request, target=target, email=email)
        if refusal := _refusal(request, fields):
            return show_again(status=refusal[0], error=refusal[1])
        try:
            session = await self._begin(request, email=email, password=password)
        except TooMany as error:
            return show_again(status=error.status, error=error.message, wait=error.seconds)
        except Unavailable as error:
            text = AWAY if error.message == engine.AWAY else error.message
            return show_again(status=error.status, error=text)
        if session is None:
            return show_again(status=401, error=WRONG)
        return page.led_in(request, session, target)

    async def confirm_sign_out(self, request: Request) -> Response:
        """Sign out if one of our own pages links here; ask for confirmation otherwise."""
        if request.headers.get("sec-fetch-site") == "same-origin":
            return await self.sign_out(request)
        try:
            actor = await self.find_actor(request)
        except Unavailable as error:
            return html_pages.message(request, 503, STILL_IN, error.message)
        if actor is None:
            return RedirectResponse("/sign-in", status_code=303)
        return html_pages.page("sign_out.html", who=actor.name)

    async def sign_out(self, request: Request) -> Response:
        """End the session, close its open pages and clear the cookie."""
        try:
            actor = await self.find_actor(request)
            if actor:
                await anyio.to_thread.run_sync(_sign_out, actor)
        except Unavailable as error:
            return html_pages.message(request, 503, STILL_IN, error.message)
        await self.close(actor)
        response = RedirectResponse("/sign-in", status_code=303)
        cookie = cookies.clear_cookie(cookies.session_cookie(request.scope))
        response.headers.append("Set-Cookie", cookie)
        return response

    async def find_actor(self, request: Request) -> Actor | None:
        """Return who is signed in with this browser, or None."""
        token = cookies.read_token(request.scope, cookies.session_cookie(request.scope))
        session = await self.visitors.find(token, address=_address(request)) if token else None
        return session.actor if session else None

    async def _find_present(self, request: Request, *, has_ended: bool) -> Actor | None:
        """Return who is signed in; skip the cache if a page was sent here by a session's end."""
        actor = await self.find_actor(request)
        if actor is None or not has_ended:
            return actor
        self.visitors.forget(actor.session_id)
        return await self.find_actor(request)

    async def _begin(self, request: Request, *, email: str, password: str) -> SignIn | None:
        previous = await self.find_actor(request)
        credentials = Credentials(
            email=email,
            password=password,
            address=_address(request),
            user_agent=request.headers.get("user-agent"),
            browser_token=cookies.read_token(request.scope, cookies.browser_cookie(request.scope)),
        )
        session = await self.queue.sign_in(credentials, previous=previous)
        await self.replace(previous if session else None)
        return session

    async def close(self, actor: Actor | None) -> None:
        """Close the open pages of a session after its sign-out."""
        if actor:
            self.visitors.forget(actor.session_id)
            await self.connections.close(actor.session_id)

    async def replace(self, previous: Actor | None) -> None:
        """Close the open pages of a session that a new sign-in in this browser has replaced."""
        if previous:
            self.visitors.forget(previous.session_id)
            goodbye = ended_for(previous, Ended.ELSEWHERE)
            await self.connections.close(previous.session_id, goodbye)


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _sign_out(actor: Actor) -> None:
    with engine.transaction() as db:
        sessions.sign_out(db, actor=actor)


async def _read_fields(request: Request) -> dict[str, str]:
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body += chunk[: LARGEST_FORM + 1 - len(body)]
    if len(body) > LARGEST_FORM:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This is more than the form can send.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:  # not text, or too many fields
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This is not a form.") from error


def _refusal(request: Request, fields: dict[str, str]) -> tuple[int, str] | None:
    """Return status and message for a form that can be refused without a query, or None."""
    if not page.is_own(request, fields.get("form_token", "")):
        return 403, EXPIRED
    if len(fields.get("password", "")) > PASSWORD_MAXIMUM:
        return 400, TOO_LONG
    email = fields.get("email", "")
    if not email.isprintable() or len(email) > EMAIL_LENGTH:
        return 422, NOT_AN_ADDRESS
    return None
