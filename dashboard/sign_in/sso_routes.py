"""Single sign-on: redirects to a provider and handles the callback, which begins a session."""

import hmac
import logging
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.actor import Actor
from core.db import engine
from core.errors import Unavailable
from core.settings import get_settings
from core.sign_in import sessions, sso, sso_requests
from core.sign_in.sessions import SignIn
from core.sign_in.sso import Arrival, Identity
from core.sign_in.sso_requests import LIFETIME, proofs
from dashboard.auth import cookies
from dashboard.sign_in import page
from dashboard.sign_in.oidc_client import OpenId, Unreachable, Untrusted
from dashboard.sign_in.routes import AWAY, SignInRoutes
from dashboard.web.own_paths import own_path

NO_SUCH_WAY = "There is no such way to sign in."
OUTDATED = (
    "This sign-in was begun in another browser, or is over by now, so it does not count. Please "
    "try again."
)
PROVIDER_AWAY = (
    "{name} cannot be reached right now, so nobody can sign in with it. Please try again soon."
)
NO_PROOF = "{name} did not prove who you are, so you were not signed in. Please try again."
NO_ACCESS = (
    "Your account at {name} gives no access to Tally. Whoever manages Tally's users can change it."
)
LONGEST_REASON = 300
log = logging.getLogger(__name__)


class SingleSignOn:
    """The routes that redirect to providers, and their callbacks."""

    def __init__(self, *, sign_in_routes: SignInRoutes) -> None:
        self.sign_in_routes = sign_in_routes
        self._known = {one.id: OpenId(one) for one in get_settings().sso_providers}

    def routes(self) -> list[Route]:
        """Return the routes; each provider has the callback's address registered."""
        return [
            Route("/sign-in/with/{id}", self.leave, methods=["GET"]),
            Route("/sign-in/with/{id}/callback", self.come_back, methods=["GET"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Redirect to the provider; show the sign-in page if another site linked here."""
        target = own_path(request.query_params.get("next", ""))
        show = partial(page.form, request, target=target)
        client = self._known.get(request.path_params["id"])
        if client is None:
            return show(error=NO_SUCH_WAY, status=404)
        if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return show()
        try:
            begin = partial(_begin, client.provider.id, target)
            token = await self.sign_in_routes.queue.ask(_address(request), begin)
            address = await client.address(redirect_uri=redirect_uri(request), proofs=proofs(token))
        except Unavailable as error:
            return show(error=_say(error), status=503)
        except (Unreachable, Untrusted) as error:
            log.warning("Nobody can sign in with %s: %s", client.provider.id, error)
            return show(error=PROVIDER_AWAY.format(name=client.provider.name), status=503)
        response = RedirectResponse(address, status_code=303)
        name, age = cookies.request_cookie(request.scope), int(LIFETIME.total_seconds())
        response.headers.append("Set-Cookie", cookies.set_cookie(name, token, max_age=age))
        return response

    async def come_back(self, request: Request) -> Response:
        """Handle the callback: begin a session, or show the sign-in page with an error."""
        client = self._known.get(request.path_params["id"])
        if client is None:
            return page.form(request, target="/", error=NO_SUCH_WAY, status=404)
        try:
            response = await self._conclude(request, client)
        except Unavailable as error:
            response = page.form(request, target="/", error=_say(error), status=503)
        cookie = cookies.clear_cookie(cookies.request_cookie(request.scope))
        response.headers.append("Set-Cookie", cookie)
        return response

    async def _conclude(self, request: Request, client: OpenId) -> Response:
        arrival = _arrival(request, client)
        target, name = await self._take(request, client), client.provider.name
        if target is None:
            await self._note(arrival, "no such request of this browser")
            return page.form(request, target="/", error=OUTDATED, status=403)
        show = partial(page.form, request, target=target)
        try:
            identity = await _identify(request, client)
        except Unreachable as error:
            await self._note(arrival, str(error))
            return show(error=PROVIDER_AWAY.format(name=name), status=503)
        except Untrusted as error:
            await self._note(arrival, str(error))
            return show(error=NO_PROOF.format(name=name), status=401)
        previous = await self.sign_in_routes.find_actor(request)
        finish = partial(_sign_in, arrival, identity, previous)
        session = await self.sign_in_routes.queue.ask(arrival.address, finish)
        if session is None:
            return show(error=NO_ACCESS.format(name=name), status=403)
        await self.sign_in_routes.replace(previous)
        return page.led_in(request, session, target)

    async def _take(self, request: Request, client: OpenId) -> str | None:
        """Consume this browser's request and return its target, or None if there is none."""
        token = cookies.read_token(request.scope, cookies.request_cookie(request.scope))
        state = request.query_params.get("state", "").encode()
        if token is None or not hmac.compare_digest(state, proofs(token).state.encode()):
            return None
        end = partial(_end, client.provider.id, token)
        return await self.sign_in_routes.queue.ask(_address(request), end)

    async def _note(self, arrival: Arrival, reason: str) -> None:
        reason = sessions.printable(reason)[:LONGEST_REASON]
        log.warning("A sign-in with %s was refused: %s", arrival.provider.id, reason)
        await self.sign_in_routes.queue.ask(arrival.address, partial(_refuse, arrival, reason))


def redirect_uri(request: Request) -> str:
    """Return the callback's address, which must equal the registered one exactly."""
    origin = get_settings().public_url or f"{request.scope['scheme']}://{request.headers['host']}"
    return f"{origin.rstrip('/')}/sign-in/with/{request.path_params['id']}/callback"


def _say(error: Unavailable) -> str:
    return AWAY if error.message == engine.AWAY else error.message


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _arrival(request: Request, client: OpenId) -> Arrival:
    return Arrival(
        provider=client.provider,
        address=_address(request),
        user_agent=request.headers.get("user-agent"),
    )


async def _identify(request: Request, client: OpenId) -> Identity:
    token = cookies.read_token(request.scope, cookies.request_cookie(request.scope)) or ""
    code, refusal = request.query_params.get("code"), request.query_params.get("error")
    if code is None or refusal is not None:
        raise Untrusted(f"it sent no code, but: {refusal}")
    return await client.identify(
        code=code,
        issuer=request.query_params.get("iss"),
        redirect_uri=redirect_uri(request),
        proofs=proofs(token),
    )


def _begin(provider: str, target: str) -> str:
    with engine.transaction() as db:
        return sso_requests.begin(db, provider=provider, target=target)


def _end(provider: str, token: str) -> str | None:
    with engine.transaction() as db:
        return sso_requests.take(db, token=token, provider=provider)


def _refuse(arrival: Arrival, reason: str) -> None:
    with engine.transaction() as db:
        sso.note(db, arrival, reason=reason)


def _sign_in(arrival: Arrival, identity: Identity, previous: Actor | None) -> SignIn | None:
    with engine.transaction() as db:
        session = sso.sign_in(db, arrival=arrival, identity=identity)
        if session and previous:
            sessions.sign_out(db, actor=previous)
        return session
