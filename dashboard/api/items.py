"""Items over the API: what the Items page does, for programs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session
from starlette.responses import Response

from core.actor import Actor
from core.db.fields import Id
from core.db.models import Item
from core.manage import items
from core.manage.items import ItemChange, ItemChangeById, ItemForm, ItemFormById
from dashboard.api.protocol import bodies, problems, responses, versions
from dashboard.api.protocol.bodies import JsonObject
from dashboard.api.protocol.calls import CurrentCall
from dashboard.api.protocol.description import scoped
from dashboard.api.protocol.lists import ItemPart, Listed
from dashboard.api.protocol.versions import Version

READ, WRITE = scoped("items:read"), scoped("items:write")
ItemId = Annotated[Id, Path(description="The item's id")]
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

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: int
    title: str
    description: str | None
    owner_id: int
    owner_email: str
    version: int
    created_at: datetime
    updated_at: datetime


router = APIRouter(prefix="/items", tags=["items"])


@router.get(
    "",
    response_model=Listed[ItemOut],
    responses=problems.documented(422),
    openapi_extra=READ,
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
        return responses.answer(Listed(data=[_out(row) for row in page.rows], count=page.count))

    return await call.run(work)


@router.get(
    "/{item_id:row}",
    response_model=ItemOut,
    responses=responses.READ,
    openapi_extra=READ,
)
async def read_item(call: CurrentCall, item_id: ItemId) -> Response:
    """Read one item."""
    return await call.run(lambda db, actor: _row(items.get_item(db, actor=actor, item_id=item_id)))


@router.post(
    "",
    status_code=201,
    response_model=ItemOut,
    responses=responses.CREATED,
    openapi_extra=WRITE
    | bodies.described(
        ItemForm,
        ItemFormById,
        example={"title": "Desk lamp", "owner_email": "ann@example.com"},
    ),
)
async def create_item(call: CurrentCall, values: JsonObject) -> Response:
    """Create an item whose owner is named by address or by id."""

    def work(db: Session, actor: Actor) -> Response:
        item = items.create_item(db, actor=actor, values=values)
        return responses.created(_out(item), version=item.version, path=f"/items/{item.id}")

    return await call.run(work)


@router.patch(
    "/{item_id:row}",
    response_model=ItemOut,
    responses=responses.CHANGED,
    openapi_extra=WRITE
    | versions.ASKED
    | bodies.described(ItemChange, ItemChangeById, example={"title": "Floor lamp"}),
)
async def change_item(
    call: CurrentCall, item_id: ItemId, version: Version, values: JsonObject
) -> Response:
    """Change the fields that are given."""

    def work(db: Session, actor: Actor) -> Response:
        item = items.update_item(db, actor=actor, item_id=item_id, version=version, values=values)
        return _row(item)

    return await call.run(work)


@router.delete(
    "/{item_id:row}",
    status_code=204,
    responses=responses.DELETED,
    openapi_extra=WRITE | versions.ASKED,
)
async def delete_item(call: CurrentCall, item_id: ItemId, version: Version) -> Response:
    """Delete an item."""

    def work(db: Session, actor: Actor) -> Response:
        items.delete_item(db, actor=actor, item_id=item_id, version=version)
        return Response(status_code=204)

    return await call.run(work)


def _row(item: Item) -> Response:
    return responses.row(_out(item), version=item.version)


def _out(item: Item) -> ItemOut:
    return ItemOut(
        id=item.id,
        title=item.title,
        description=item.description,
        owner_id=item.owner_id,
        owner_email=item.owner.email,
        version=item.version,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
