"""Answers in JSON, and the headers that come with a row."""

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dashboard.api import versions

PREFIX = "/api/v1"


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
