"""Errors as JSON, in the one shape that all of Tally's routes answer with (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
# How to sign in, in the words of the HTTP standard; browsers do not act on this scheme.
CHALLENGE = {"WWW-Authenticate": 'Cookie realm="Tally", form-action="/sign-in"'}


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return a response that says in `detail`, for people, what was wrong."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    challenge = CHALLENGE if status == HTTPStatus.UNAUTHORIZED else {}
    extra = {**challenge, **(headers or {})}
    return JSONResponse(body, status_code=status, headers=extra, media_type=MEDIA_TYPE)
