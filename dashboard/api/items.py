"""Items over the API: what the Items page does, for programs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session
from starlette.responses import Response

from core.actor import Actor
from core.manage import items
from core.manage.items import ItemChange, ItemChangeById, ItemForm, ItemFormById
from dashboard.api.protocol import bodies, problems
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.lists import ItemPart, Listed
from dashboard.api.protocol.rows import Documented, RowRoutes

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "title": "Desk lamp",
    "description": None,
    "owner_id": 7,
    "owner_email": "ann@example.com",
    "version": 1,
    "created_at": "2026-11-23T06:00:00Z",
    "updated_at": "2026-11-23T06:00:00Z",
}


class ItemOut(BaseModel):
    """An item and whose it is."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: int
    title: str
    description: str | None
    owner_id: int
    owner_email: str
    version: int
    created_at: datetime
    updated_at: datetime


ROWS = RowRoutes(
    noun="item",
    service=items.SERVICE,
    shape=ItemOut,
    show=ItemOut.model_validate,
    create=Documented(
        "Create an item whose owner is named by address or by id.",
        bodies.described(
            ItemForm,
            ItemFormById,
            example={"title": "Desk lamp", "owner_email": "ann@example.com"},
        ),
    ),
    change=Documented(
        "Change the fields that are given.",
        bodies.described(ItemChange, ItemChangeById, example={"title": "Floor lamp"}),
    ),
    delete="Delete an item.",
)
router = APIRouter(prefix="/items", tags=["items"])


@router.get(
    "",
    response_model=Listed[ItemOut],
    responses=problems.documented(422),
    openapi_extra=ROWS.reads,
)
async def list_items(call: CurrentCall, part: Annotated[ItemPart, Query()]) -> Response:
    """List items, newest first; `search` looks in titles, descriptions, and for their owners."""

    def work(db: Session, actor: Actor) -> Response:
        page = items.list_items(
            db,
            actor=actor,
            search=part.search,
            owner_id=part.owner_id,
            skip=part.skip,
            limit=part.limit,
        )
        return ROWS.answer_page(page)

    return await call.run(work)


ROWS.add_to(router)
