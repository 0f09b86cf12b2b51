"""The JSON API, mounted at `/api/v1` behind the gate."""

from collections.abc import Iterable, Iterator
from email.utils import format_datetime

import anyio.to_thread
import polars as pl
from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core import metrics, snapshots
from core.errors import TallyError
from core.snapshots import Snapshot
from core.telemetry import trace_id
from dashboard import streaming
from dashboard.problem import MEDIA_TYPE, problem

PREFIX = "/api/v1"
JSON = "application/json"


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457); `detail` is written for people."""

    title: str
    status: int
    detail: str


class OwnerCount(BaseModel):
    """A user with at least one item."""

    email: str
    item_count: int


class ActiveUser(BaseModel):
    """One of the ten users who own most items."""

    user_id: int
    email: str
    full_name: str | None
    item_count: int


def _problems(**reasons: str) -> dict[int | str, dict[str, object]]:
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {int(s[1:]): {"description": why, "content": content} for s, why in reasons.items()}


api = FastAPI(
    title="Tally",
    version="1",
    summary="Users and the items they own",
    docs_url=None,  # its page would load scripts from elsewhere
    redoc_url=None,
    # Its own spans would begin a second trace beside that of the request.
    telemetry={"tracing": False, "metrics": False, "logs": False},
    responses=_problems(
        _401="There is no session.", _503="There is no snapshot, or it cannot be read right now."
    ),
)


@api.get("/analytics/items_by_user", response_model=list[OwnerCount])
async def items_by_user() -> Response:
    """Return every user with at least one item, most items first, ties by user id.

    `Last-Modified` says as of when.
    """
    snapshot = await anyio.to_thread.run_sync(snapshots.current)
    frames = (f.select("email", "item_count") for f in metrics.stream_items_by_user(snapshot))
    return await _respond("api items_by_user", snapshot, frames)


@api.get("/analytics/active_users", response_model=list[ActiveUser])
async def active_users() -> Response:
    """Return the ten users who own most items, ties by user id; `Last-Modified` says as of when."""
    snapshot = await anyio.to_thread.run_sync(snapshots.current)
    frames = (metrics.active_users(snapshot) for _ in range(1))  # asked when it is iterated
    return await _respond("api active_users", snapshot, frames)


@api.exception_handler(TallyError)
async def tally_error(_: Request, error: TallyError) -> Response:
    """Answer with the error's own status and words."""
    return problem(error.status, error.message)


@api.exception_handler(HTTPException)
async def http_error(_: Request, error: HTTPException) -> Response:
    """Answer in the one shape also where the framework says no, as for an unknown path."""
    return problem(error.status_code, error.detail, headers=error.headers)


@api.exception_handler(Exception)
async def unexpected(_: Request, error: Exception) -> Response:  # noqa: ARG001
    """Say where to look, and nothing of what was inside; the server logs the error itself."""
    return problem(500, "Something went wrong in Tally.", trace_id=trace_id())


async def _respond(name: str, snapshot: Snapshot, frames: Iterable[pl.DataFrame]) -> Response:
    headers = {"Last-Modified": format_datetime(snapshot.taken_at, usegmt=True)}
    return await streaming.respond(name, _array(frames), media_type=JSON, headers=headers)


def _array(frames: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Yield one JSON array of all rows, in parts."""
    before = b"["
    for frame in frames:
        if not frame.is_empty():
            yield before + frame.write_json().encode()[1:-1]
            before = b","
    yield b"]" if before == b"," else b"[]"
