"""The gate in front of everything: without a session, only the sign-in can be reached."""

import re
import sys
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.actor import Actor
from core.errors import TooMany, Unavailable
from core.exports.places import Places
from core.settings import get_settings
from core.sign_in import api_tokens
from core.sign_in.sessions import OpenSession
from dashboard.auth import bearer, cookies
from dashboard.auth.identity import identity_headers
from dashboard.auth.session_cache import Visitors
from dashboard.limits.patience import SIGNED_IN
from dashboard.web.allowed_hosts import is_allowed
from dashboard.web.problem import CHALLENGE, problem
from dashboard.web.security_headers import secured
from dashboard.websockets.connections import Connection, Connections
from dashboard.websockets.shares import Left, Page, Shares

IDENTITY_PREFIX = b"x-tally-"
PUBLIC_PATHS = frozenset(
    {"/sign-in", "/sign-in/style.css", "/sign-out", "/auth/logout", "/healthz", "/readyz"}
)
TO_PROVIDERS = re.compile("/sign-in/with/[^/]+(/callback)?")  # to a provider and back
# Unused routes of Streamlit: no page accepts uploads through it, and metrics are sent as traces.
CLOSED_PATHS = ("/_stcore/metrics", "/_stcore/upload_file")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_OUR_NAME = "Tally does not answer to this name; ALLOWED_HOSTS lists those it does."
REQUESTS_AT_ONCE = 64  # per person: as many as ten browsers or a fast script need
TOO_MANY = "You have too many requests under way. Please try again when some of them have ended."
SIGN_IN_FIRST = "Please sign in first."
ASK_BY_EITHER = "Please sign in first, or send a token in `Authorization: Bearer`."


class Gate:
    """ASGI middleware; it decides by `scope["path"]`, which no header can change."""

    def __init__(
        self, app: ASGIApp, *, visitors: Visitors, scripts: Visitors, connections: Connections
    ) -> None:
        self.app = app
        self.visitors = visitors
        self.scripts = scripts
        self.connections = connections
        self.shares = Shares()
        self.requests = Places(sys.maxsize, REQUESTS_AT_ONCE, TOO_MANY, TOO_MANY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(_without_identity(scope), receive, secured(scope, send))
        elif scope["type"] == "websocket":
            await self._websocket(_without_identity(scope), receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp | None = _refusal(scope)
        if answer is None and is_public(scope["path"]):
            answer = self.app
        if answer is None:
            try:
                session = await self._find(scope)
            except Unavailable as error:
                answer = _unavailable(scope, error)
            else:
                answer = self._serve if session else _unauthenticated(scope)
                scope = _admitted(scope, session.actor) if session else scope
        await answer(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a signed-in person's request, unless they have too many under way."""
        person = scope["user"].id
        try:
            self.requests.check(person)
        except TooMany as error:
            headers = {"Retry-After": str(error.seconds)}
            await problem(error.status, error.message, headers=headers)(scope, receive, send)
            return
        scope.setdefault("state", {})[SIGNED_IN] = True
        with self.requests.taken(person):
            await self.app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = await self._find_session_of_page(scope)
        if session is None or not await self.shares.of(session.actor).may_open():
            await send({"type": "websocket.close", "code": 1008})  # before the accept: 403
            return
        share = self.shares.of(session.actor)
        page = Page(share, receive, send)
        connection = Connection(session, page.receive, page.send)
        with self.connections.opened(connection), share.opened(page, connection), suppress(Left):
            admitted = _with_own_host(_admitted(scope, session.actor))
            await self.app(admitted, connection.receive, connection.send)

    async def _find_session_of_page(self, scope: Scope) -> OpenSession | None:
        if not _has_own_name(scope) or not is_same_origin(scope, required=True):
            return None
        try:
            return await self._find_session(scope)
        except Unavailable:
            return None

    async def _find(self, scope: Scope) -> OpenSession | None:
        """Return the session of a request; if there is a bearer token, the cookie is ignored."""
        token = bearer.read_token(scope)
        if token is None:
            return await self._find_session(scope)
        if not api_tokens.looks_right(token):
            return None
        return await self.scripts.find(token, address=_address(scope))

    async def _find_session(self, scope: Scope) -> OpenSession | None:
        token = cookies.read_token(scope, cookies.session_cookie(scope))
        return await self.visitors.find(token, address=_address(scope)) if token else None


def is_public(path: str) -> bool:
    """Tell whether a path is open to people who are not signed in."""
    return path in PUBLIC_PATHS or TO_PROVIDERS.fullmatch(path) is not None


def is_same_origin(scope: Scope, *, required: bool) -> bool:
    """Tell by its Origin whether a request comes from Tally's own pages.

    Programs other than browsers send no Origin; that is accepted unless it is `required`.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None:
        own_site = headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        return own_site and not required
    public_url = (get_settings().public_url or "").rstrip("/").lower()
    own = f"{_own_scheme(scope)}://{headers.get('host', '')}".lower()
    return origin.lower() in ({own, public_url} if public_url else {own})


def _own_scheme(scope: Scope) -> str:
    """Return the scheme that browsers see; a proxy may terminate TLS.

    If `PUBLIC_URL` is https, the answer is https, whatever the proxy's headers say.
    """
    is_secure = get_settings().https or scope.get("scheme") in {"https", "wss"}
    return "https" if is_secure else "http"


def path_and_query(scope: Scope) -> str:
    """Return the requested path and query as the browser's address bar shows them."""
    path = quote(scope["path"], safe="/:@!$&'()*+,;=~-._")
    query = scope["query_string"].decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def _without_identity(scope: Scope) -> Scope:
    headers = [(k, v) for k, v in scope["headers"] if not k.lower().startswith(IDENTITY_PREFIX)]
    return {**scope, "headers": headers}


def _admitted(scope: Scope, actor: Actor) -> Scope:
    """Return the scope for the application: with the user's headers, without tokens."""
    actor = replace(actor, address=_address(scope))
    headers = scope["headers"]
    headers = [(key, value) for key, value in headers if key != b"authorization"]
    for name in cookies.secret_cookies(scope):
        headers = cookies.without(headers, name)
    return {**scope, "headers": [*headers, *identity_headers(actor)], "user": actor}


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _with_own_host(scope: Scope) -> Scope:
    # Behind a proxy, Host may differ from the Origin, which the gate has checked. Streamlit would
    # compare them again, and look up its public address in the event loop.
    headers = Headers(scope=scope)
    host = urlsplit(headers.get("origin", "")).netloc.encode()
    others = [(key, value) for key, value in scope["headers"] if key != b"host"]
    return {**scope, "headers": [*others, (b"host", host)]}


def _has_own_name(scope: Scope) -> bool:
    return is_allowed(Headers(scope=scope).get("host", ""))


def _refusal(scope: Scope) -> Response | None:
    if not _has_own_name(scope):
        return PlainTextResponse(NOT_OUR_NAME, 400)
    if f"{scope['path']}/".startswith(tuple(f"{path}/" for path in CLOSED_PATHS)):
        return PlainTextResponse("There is nothing here.", 404)
    # No other site can make a browser send a token, so a request with one needs no origin check.
    by_cookie = bearer.read_token(scope) is None
    unsafe = scope["method"] not in SAFE_METHODS
    if by_cookie and unsafe and not is_same_origin(scope, required=False):
        return problem(403, "This was sent from another site, so it was refused.")
    return None


def _unauthenticated(scope: Scope) -> Response:
    if _is_navigation(scope):
        query = urlencode({"next": path_and_query(scope)})
        return RedirectResponse(f"/sign-in?{query}", status_code=303)
    if bearer.read_token(scope) is not None:
        return problem(401, bearer.NOT_VALID, headers=bearer.INVALID)
    if scope["path"].startswith("/api/"):
        return problem(401, ASK_BY_EITHER, headers={"WWW-Authenticate": bearer.ASKED})
    return PlainTextResponse(SIGN_IN_FIRST, 401, headers=CHALLENGE)


def _unavailable(scope: Scope, error: Unavailable) -> Response:
    if _is_navigation(scope):
        return _unauthenticated(scope)  # the sign-in page shows the error, and leads back later
    return problem(error.status, error.message)


def _is_navigation(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return (
        scope["method"] in {"GET", "HEAD"}
        and not scope["path"].startswith("/api/")
        and "text/html" in headers.get("accept", "")
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
    )
