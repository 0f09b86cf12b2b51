"""The token that a script sends instead of a cookie, and for which paths it counts."""

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboard.web.problem import CHALLENGE

SCHEME = "bearer"
PATHS = "/api/v1/"  # pages and websockets are for people
# RFC 6750, 3: how to ask, and what was wrong with how it was asked.
ASKED = f'{CHALLENGE["WWW-Authenticate"]}, Bearer realm="Tally"'
INVALID = {"WWW-Authenticate": 'Bearer realm="Tally", error="invalid_token"'}
NOT_VALID = (
    "This token is not valid: it may be mistyped, expired or revoked, or its owner may have left."
)


def read_token(scope: Scope) -> str | None:
    """Return the token that the API is asked with; None when it is asked without one.

    What is sent in a wrong way, such as twice, is returned too: as a token that nobody has.
    """
    if not scope["path"].startswith(PATHS):
        return None
    values = Headers(scope=scope).getlist("authorization")
    parts = [value.strip().partition(" ") for value in values]
    tokens = [token.strip() for scheme, _, token in parts if scheme.lower() == SCHEME]
    if not tokens:
        return None
    return tokens[0] if len(values) == 1 else ""
