"""The API's errors: one format for all, and their documentation."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.errors import Conflict, Invalid, TallyError, VersionNeeded
from core.telemetry.setup import trace_id
from dashboard.api.protocol.paths import allowed_methods
from dashboard.web.problem import MEDIA_TYPE, problem

# The reason for each status, as the description of an operation states it.
REASONS = {
    400: "The body is not JSON as it should be, or If-Match is not one ETag.",
    401: "There is neither a valid token nor a session.",
    403: "The token was not given the scope, or its owner may not do this.",
    404: "There is nothing with this id.",
    409: "Somebody else changed the same rows at the same moment; try again.",
    412: "It was changed since the version that If-Match names.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not `application/json`.",
    422: "A field or parameter is not acceptable; `errors` says which and why.",
    428: "If-Match is missing.",
    429: "Too many requests by this token or session; Retry-After says how long to wait.",
    503: "What this needs is away or too slow right now; trying again later may work.",
}
STALE = "It was changed since you read it, and nothing was done. Read it again."
NEEDED = "Send its ETag, as you read it, in If-Match: so nothing is done to what you have not seen."


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457); `detail` is written for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "Give it a title.",
                    "errors": {"title": "Give it a title."},
                }
            ]
        }
    )

    title: str
    status: int
    detail: str
    errors: dict[str, str] = Field({}, description="One message a field, when fields are at fault")
    trace_id: str | None = Field(None, description="What finds the error in the traces")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of error statuses, for an operation's `responses`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[int | str, dict[str, Any]] = {
        status: {"description": REASONS[status], "content": content} for status in statuses
    }
    if 429 in answers:
        wait = {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 1}
        answers[429]["headers"] = {"Retry-After": wait}
    return answers


async def tally_error(_: Request, error: Exception) -> Response:
    """Answer with the status and message of a `TallyError`."""
    if isinstance(error, Conflict):
        return problem(412, STALE)
    if isinstance(error, VersionNeeded):
        return problem(error.status, NEEDED)
    if isinstance(error, Invalid):
        return problem(error.status, error.message, errors=error.fields)
    if isinstance(error, TallyError):
        return problem(error.status, error.message)
    raise error


async def invalid_request(_: Request, error: Exception) -> Response:
    """Answer 422 with a message for each invalid path or query parameter."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = {str(part["loc"][-1]): str(part["msg"]) for part in error.errors()}
    detail = " ".join(f"{name}: {message}." for name, message in errors.items())
    return problem(422, detail, errors=errors)


async def http_error(request: Request, error: Exception) -> Response:
    """Answer the framework's own errors, such as 404 and 405, in the same format."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 405:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        headers["Allow"] = allowed_methods(request.app, path)
    return problem(error.status_code, error.detail, headers=headers)


async def unexpected(_: Request, error: Exception) -> Response:  # noqa: ARG001
    """Answer 500 with the trace id and no details; the server logs the error."""
    return problem(500, "Something went wrong in Tally.", trace_id=trace_id())
