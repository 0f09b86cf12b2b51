"""Analytics as JSON, complete and streamed, from the current snapshot."""

from email.utils import format_datetime

import anyio.to_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from core.access.permissions import require_scope
from core.analytics.owner_filter import OwnerFilter
from core.exports import catalog
from core.exports.formats import json_array
from core.exports.parameters import Recent
from core.exports.result import Answer
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.description import scoped
from dashboard.web import streaming

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
    """Require the scope for analytics of a token; sessions need none."""
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
    answer = await anyio.to_thread.run_sync(catalog.items_by_user, OwnerFilter())
    return await _respond("api items_by_user", answer, "email", "item_count")


@router.get(
    "/active_users",
    response_model=list[ActiveUser],
    responses={200: AS_OF},
    openapi_extra=scoped(SCOPE),
)
async def active_users() -> Response:
    """Return the ten users who own most items, ties by user id; `Last-Modified` says as of when."""
    answer = await anyio.to_thread.run_sync(catalog.active_users, Recent())
    return await _respond("api active_users", answer, *answer.schema)


async def _respond(name: str, answer: Answer, *columns: str) -> Response:
    headers = {"Last-Modified": format_datetime(answer.as_of, usegmt=True)}
    parts = json_array.array(frame.select(columns) for frame in answer.counted())
    return await streaming.respond(name, parts, media_type=JSON, headers=headers)
