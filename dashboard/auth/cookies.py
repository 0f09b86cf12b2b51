"""Tally's cookies: their names, and how they are read and set."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import Scope

from core.settings import get_settings

RawHeaders = Iterable[tuple[bytes, bytes]]
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def session_cookie(scope: Scope) -> str:
    """Return the name of the cookie that holds the session's token."""
    return _name("session", scope)


def form_cookie(scope: Scope) -> str:
    """Return the name of the cookie that a form's hidden field must match."""
    return _name("form", scope)


def browser_cookie(scope: Scope) -> str:
    """Return the name of the cookie that identifies a known browser beyond its sessions."""
    return _name("browser", scope)


def request_cookie(scope: Scope) -> str:
    """Return the name of the cookie for a sign-in that is under way at a provider."""
    return _name("request", scope)


def secret_cookies(scope: Scope) -> list[str]:
    """Return the names of the cookies that the gate removes from requests."""
    return [session_cookie(scope), browser_cookie(scope), request_cookie(scope)]


def read_token(scope: Scope, name: str) -> str | None:
    """Return the token in a cookie, or None if it is missing or malformed."""
    values = (value for key, value in _pairs(scope["headers"]) if key == name.encode())
    value = next(values, b"").decode("ascii", "replace")
    return value if TOKEN.fullmatch(value) else None


def without(headers: RawHeaders, name: str) -> list[tuple[bytes, bytes]]:
    """Return `headers` without one cookie."""
    others = [(key, value) for key, value in headers if key != b"cookie"]
    kept = [key + b"=" + value for key, value in _pairs(headers) if key != name.encode()]
    return [*others, (b"cookie", b"; ".join(kept))] if kept else others


def set_cookie(name: str, token: str, *, max_age: int | None = None) -> str:
    """Return the Set-Cookie header for a token.

    `max_age` is in seconds; without it, the cookie ends when the browser is closed.
    """
    age = "" if max_age is None else f"; Max-Age={max_age}"
    secure = "; Secure" if get_settings().https else ""
    return f"{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"


def clear_cookie(name: str) -> str:
    """Return the Set-Cookie header that deletes a cookie."""
    return set_cookie(name, "", max_age=0)


def _name(kind: str, scope: Scope) -> str:
    if get_settings().https:
        return f"__Host-tally_{kind}"
    # Browsers share cookies between ports, so two copies of Tally on one host need different names.
    # The port is the one that the browser sees.
    return f"tally_{kind}_{_port(scope)}"


def _port(scope: Scope) -> int:
    host = next((value for key, value in scope["headers"] if key == b"host"), b"")
    try:
        return urlsplit(f"//{host.decode('latin-1')}").port or 80
    except ValueError:
        return get_settings().port


def _pairs(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    cookies = b";".join(value for key, value in headers if key == b"cookie")
    parts = (part.strip().partition(b"=") for part in cookies.split(b";"))
    return [(key, value) for key, equals, value in parts if equals]
