"""JSON responses, with the headers of a row."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dashboard.api.protocol import problems, versions

PREFIX = "/api/v1"
# The documented responses of the operations on one row.
Responses = dict[int | str, dict[str, Any]]
READ: Responses = {200: {"headers": versions.ANSWERED}, **problems.documented(404, 422)}
CREATED: Responses = {
    201: {"headers": versions.CREATED},
    **problems.documented(400, 413, 415, 422),
}
CHANGED: Responses = {
    200: {"headers": versions.ANSWERED},
    **problems.documented(400, 404, 409, 412, 413, 415, 422, 428),
}
DELETED: Responses = problems.documented(400, 404, 409, 412, 422, 428)


def answer(
    body: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON response for a body."""
    return JSONResponse(body.model_dump(mode="json"), status, headers)


def row(body: BaseModel, *, version: int) -> Response:
    """Return a response for a row, with its version as ETag."""
    return answer(body, headers=versions.etag(version))


def created(body: BaseModel, *, version: int, path: str) -> Response:
    """Return a 201 response for a new row; `path` is relative to the API's prefix."""
    headers = {**versions.etag(version), "Location": PREFIX + path}
    return answer(body, status=201, headers=headers)
