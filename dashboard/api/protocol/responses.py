"""Answers in JSON, and the headers that come with a row."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dashboard.api.protocol import problems, versions

PREFIX = "/api/v1"
# What the operations on one row answer, for their `responses`.
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
    """Return a body as it is described."""
    return JSONResponse(body.model_dump(mode="json"), status, headers)


def row(body: BaseModel, *, version: int) -> Response:
    """Return one row, with its version as ETag."""
    return answer(body, headers=versions.etag(version))


def created(body: BaseModel, *, version: int, path: str) -> Response:
    """Return a row just made, and say where it is: `path` is that below the API."""
    headers = {**versions.etag(version), "Location": PREFIX + path}
    return answer(body, status=201, headers=headers)
