"""The sign-in page, and the response after a successful sign-in."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.access.hashing import new_token
from core.db.models import EMAIL_LENGTH
from core.settings import get_settings
from core.sign_in.known_browsers import REMEMBERED
from core.sign_in.sessions import SignIn
from dashboard.auth import cookies
from dashboard.web import html_pages
from dashboard.web.signatures import is_signed, sign


def form(
    request: Request,
    *,
    target: str,
    email: str = "",
    note: str = "",
    error: str = "",
    status: int = 200,
    wait: int = 0,
) -> Response:
    """Return the sign-in page with an error or note; `wait` (seconds) sets Retry-After."""
    settings = get_settings()
    name = cookies.form_cookie(request.scope)
    token = cookies.read_token(request.scope, name) or new_token()
    response = html_pages.page(
        "sign_in.html",
        status=status,
        target=target,
        email=email[:EMAIL_LENGTH],
        note=note,
        error=error,
        form_token=sign("form", token),
        by_password=settings.password_sign_in,
        providers=settings.sso_providers,
    )
    response.headers.append("Set-Cookie", cookies.set_cookie(name, token))
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def is_own(request: Request, form_token: str) -> bool:
    """Tell whether a form was sent by the same browser that had loaded it."""
    token = cookies.read_token(request.scope, cookies.form_cookie(request.scope))
    return token is not None and is_signed("form", token, form_token)


def led_in(request: Request, session: SignIn, target: str) -> Response:
    """Return the redirect to `target` after a sign-in, with the cookies of the session."""
    response = RedirectResponse(target, status_code=303)
    age = int(get_settings().session_absolute_days * 86_400)
    name = cookies.session_cookie(request.scope)
    response.headers.append("Set-Cookie", cookies.set_cookie(name, session.token, max_age=age))
    if session.browser_token:
        name, age = cookies.browser_cookie(request.scope), int(REMEMBERED.total_seconds())
        cookie = cookies.set_cookie(name, session.browser_token, max_age=age)
        response.headers.append("Set-Cookie", cookie)
    return response
