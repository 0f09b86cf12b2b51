"""JSON error responses, in the same format on all routes (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
# Tells programs how to sign in; browsers ignore this authentication scheme.
CHALLENGE = {"WWW-Authenticate": 'Cookie realm="Tally", form-action="/sign-in"'}


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return a problem document; `detail` tells people what was wrong."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    challenge = CHALLENGE if status == HTTPStatus.UNAUTHORIZED else {}
    extra = {**challenge, **(headers or {})}
    return JSONResponse(body, status_code=status, headers=extra, media_type=MEDIA_TYPE)
