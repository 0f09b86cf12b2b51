"""Analytics as JSON: the newest snapshot's answers, complete and streamed."""

from collections.abc import Iterable, Iterator
from email.utils import format_datetime

import anyio.to_thread
import polars as pl
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from core import metrics, snapshots
from core.actors import require_scope
from core.snapshots import Snapshot
from dashboard import streaming
from dashboard.api.calls import CurrentCall
from dashboard.api.description import scoped

JSON = "application/json"
SCOPE = "analytics:read"
AS_OF = {
    "headers": {
        "Last-Modified": {
            "description": "As of when the answer is.",
            "schema": {"type": "string"},
            "example": "Mon, 23 Nov 2026 06:00:00 GMT",
        }
    }
}


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


async def reader(call: CurrentCall) -> None:
    """Refuse a token that may not read analytics; everybody whom the gate lets in may."""
    require_scope(call.actor, "analytics.read")


router = APIRouter(prefix="/analytics", tags=["analytics"], dependencies=[Depends(reader)])


@router.get(
    "/items_by_user",
    response_model=list[OwnerCount],
    responses={200: AS_OF},
    openapi_extra=scoped(SCOPE),
)
async def items_by_user() -> Response:
    """Return every user with at least one item, most items first, ties by user id.

    `Last-Modified` says as of when.
    """
    snapshot = await anyio.to_thread.run_sync(snapshots.current)
    frames = (f.select("email", "item_count") for f in metrics.stream_items_by_user(snapshot))
    return await _respond("api items_by_user", snapshot, frames)


@router.get(
    "/active_users",
    response_model=list[ActiveUser],
    responses={200: AS_OF},
    openapi_extra=scoped(SCOPE),
)
async def active_users() -> Response:
    """Return the ten users who own most items, ties by user id; `Last-Modified` says as of when."""
    snapshot = await anyio.to_thread.run_sync(snapshots.current)
    frames = (metrics.active_users(snapshot) for _ in range(1))  # asked when it is iterated
    return await _respond("api active_users", snapshot, frames)


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
