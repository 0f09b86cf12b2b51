"""The service for items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from core.access.permissions import require_staff
from core.actor import Actor
from core.calendar.periods import Span
from core.columns.column import read_by_people
from core.columns.forms import change, new_row
from core.columns.items import ITEM_COLUMNS
from core.db.fields import parse
from core.db.models import Item, User
from core.db.paging import SEARCH_COUNT_CAP, Page, created_in, read_page
from core.db.word_search import item_has_words
from core.errors import Invalid, NotFound
from core.manage.row_editor import RowEditor
from core.manage.row_service import RowService
from core.manage.users import find_by_email
from core.text.folding import split_words

BY_ADDRESS, BY_ID = (
    [column for column in read_by_people(ITEM_COLUMNS) if column.name != other]
    for other in ("owner_id", "owner_email")
)
FIELDS = tuple(column.name for column in BY_ID if column.typed)


class ItemEditor(RowEditor[Item]):
    """Edits items; adds the owner's address to what a conflict shows."""

    def current(self, db: Session, row: Item) -> dict[str, object]:
        """Return the present values, with the owner's address, which forms show."""
        owner = db.get_one(User, row.owner_id)
        return super().current(db, row) | {"owner_email": owner.email}


EDITOR = ItemEditor(Item, FIELDS)


ItemForm = new_row("ItemForm", "A new item whose owner is named by address.", BY_ADDRESS)
ItemFormById = new_row("ItemFormById", "A new item whose owner is named by id.", BY_ID)
ItemChange = change("ItemChange", "A change that may name a new owner by address.", BY_ADDRESS)
ItemChangeById = change("ItemChangeById", "A change that names a new owner by id.", BY_ID)


@dataclass(frozen=True)
class RemovedItem:
    """A deleted item, for `restore_item`."""

    item: Mapping[str, Any]


def list_items(
    db: Session,
    *,
    actor: Actor,
    search: str = "",
    owner_id: int | None = None,
    created: Span | None = None,
    skip: int = 0,
    limit: int = 50,
) -> Page[Sequence[Item]]:
    """Return a page of items with their owners, newest first, filtered by owner and creation time.

    Each word of `search` must occur in the title, the description, or the owner's address or name.
    """
    require_staff(db, actor, "item.list")
    query = _with_owner().order_by(Item.id.desc())
    if owner_id is not None:
        query = query.where(Item.owner_id == owner_id)
    if created is not None:
        query = query.where(created_in(Item.created_at, created))
    words = split_words(search)
    if words:
        query = query.where(item_has_words(words))
    return read_page(db, query, skip=skip, limit=limit, cap=SEARCH_COUNT_CAP if words else None)


def find_owner(db: Session, *, actor: Actor, user_id: int) -> User | None:
    """Return the user whose items are requested, or None if the user does not exist."""
    require_staff(db, actor, "item.list")
    return db.get(User, user_id)


def get_item(db: Session, item_id: int, *, actor: Actor) -> Item:
    """Return one item with its owner; raise `NotFound`."""
    require_staff(db, actor, "item.read", item_id)
    return EDITOR.require(db.scalar(_with_owner().where(Item.id == item_id)))


def create_item(db: Session, *, actor: Actor, values: Mapping[str, object]) -> Item:
    """Create an item from the fields of `ItemForm`, or of `ItemFormById`.

    Raises `Invalid`, also for an unknown owner. The item that is returned has its owner.
    """
    require_staff(db, actor, "item.create")
    form = parse(ItemFormById if "owner_id" in values else ItemForm, values)
    item = Item(**_stored(db, form.model_dump()))
    EDITOR.add(db, item, actor=actor, action="item.create")
    return _attach_owner(db, item)


def update_item(
    db: Session, item_id: int, *, actor: Actor, version: int | None, values: Mapping[str, object]
) -> Item:
    """Change an item by the fields of `ItemChange`, or of `ItemChangeById`.

    Raises `VersionNeeded` without a `version`, and `Conflict` when somebody was faster. The item
    that is returned has its owner.
    """
    require_staff(db, actor, "item.update", item_id)
    form = parse(ItemChangeById if "owner_id" in values else ItemChange, values)
    # Lock the owner before the item, as a deletion of the owner does; otherwise they deadlock.
    changes = _stored(db, form.model_dump(exclude_unset=True))
    item = EDITOR.lock(db, item_id, version)
    EDITOR.change(db, item, changes, actor=actor, action="item.update")
    return _attach_owner(db, item)


def delete_item(db: Session, item_id: int, *, actor: Actor, version: int | None) -> RemovedItem:
    """Delete an item that is still at `version`; return what `restore_item` needs.

    Raises `VersionNeeded` without a `version`, and `Conflict` when somebody was faster.
    """
    require_staff(db, actor, "item.delete", item_id)
    item = EDITOR.lock(db, item_id, version)
    return RemovedItem(EDITOR.delete(db, item, actor=actor, action="item.delete"))


def restore_item(db: Session, *, actor: Actor, removed: RemovedItem) -> Item:
    """Restore a deleted item with the same id; raise `NotFound` if its owner is gone too."""
    require_staff(db, actor, "item.restore")
    existing = db.get(Item, removed.item["id"])
    if existing is not None:
        return existing
    if db.get(User, removed.item["owner_id"], with_for_update={"key_share": True}) is None:
        raise NotFound("The owner of this item does not exist any more, so it cannot be restored.")
    return EDITOR.add(db, Item(**removed.item), actor=actor, action="item.restore")


def _with_owner() -> Select[Item]:
    return select(Item).options(joinedload(Item.owner, innerjoin=True))


def _attach_owner(db: Session, item: Item) -> Item:
    set_committed_value(item, "owner", db.get_one(User, item.owner_id))
    return item


def _stored(db: Session, values: dict[str, Any]) -> dict[str, Any]:
    if "owner_email" in values:
        owner = find_by_email(db, values.pop("owner_email"))
        if owner is None:
            raise Invalid({"owner_email": "No user has this address."})
        if not _lock_owner(db, owner.id):
            raise Invalid({"owner_email": "This user was deleted a moment ago."})
        values["owner_id"] = owner.id
    elif "owner_id" in values and not _lock_owner(db, values["owner_id"]):
        raise Invalid({"owner_id": "No user has this id."})
    return values


def _lock_owner(db: Session, user_id: int) -> bool:
    # Locked until the commit, so that a deleted owner is an error here and not at the flush.
    lock = {"key_share": True}
    return db.get(User, user_id, with_for_update=lock, populate_existing=True) is not None


SERVICE = RowService(
    get=get_item,
    create=create_item,
    update=update_item,
    delete=delete_item,
    restore=restore_item,
)
