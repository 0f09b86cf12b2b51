"""Bearer tokens, which scripts send instead of a cookie, and the paths that accept them."""

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboard.web.problem import CHALLENGE

SCHEME = "bearer"
PATHS = "/api/v1/"  # pages and websockets are for people
# The challenges of RFC 6750, section 3: for a request without a token, and for an invalid one.
ASKED = f'{CHALLENGE["WWW-Authenticate"]}, Bearer realm="Tally"'
INVALID = {"WWW-Authenticate": 'Bearer realm="Tally", error="invalid_token"'}
NOT_VALID = (
    "This token is not valid: it may be mistyped, expired or revoked, or its owner may have left."
)


def read_token(scope: Scope) -> str | None:
    """Return the bearer token of an API request, or None if there is none.

    A malformed header, such as two tokens, returns an empty token, which nobody has.
    """
    if not scope["path"].startswith(PATHS):
        return None
    values = Headers(scope=scope).getlist("authorization")
    parts = [value.strip().partition(" ") for value in values]
    tokens = [token.strip() for scheme, _, token in parts if scheme.lower() == SCHEME]
    if not tokens:
        return None
    return tokens[0] if len(values) == 1 else ""
