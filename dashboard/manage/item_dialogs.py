"""The dialogs of the Items page: the fields of an item and the words around them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db.models import Item
from core.manage import items
from core.manage.items import RemovedItem
from core.text.characters import one_line
from dashboard.manage.row_dialogs import RowDialogs
from dashboard.ui import notices
from dashboard.ui.forms import OPTIONAL, Fields


class ItemDialogs(RowDialogs[Item, RemovedItem]):
    """The dialogs that create, edit and delete an item."""

    screen, noun, service = "items", "item", items.SERVICE

    def read(self, db: Session, actor: Actor, row: Item) -> dict[str, Any]:  # noqa: ARG002
        """Return the fields of an item, with the owner's address."""
        return {
            "title": one_line(row.title),
            "description": row.description,
            "owner_email": row.owner.email,
        }

    def draw(self, fields: Fields) -> None:
        """Draw the fields of an item."""
        fields.text("title", "Title")
        fields.text("owner_email", "Owner's e-mail address", autocomplete="off")
        fields.area("description", f"Description{OPTIONAL}")

    def ask(self, values: Mapping[str, Any]) -> str:
        """Draw which item will be deleted."""
        st.text(values["title"])
        st.caption(notices.escape(f"Owned by {values['owner_email']}"))
        return "Delete item"

    def gone(self, removed: RemovedItem) -> str:
        """Return a text that names the deleted item."""
        return f"Deleted: {one_line(removed.item['title'])}"


DIALOGS = ItemDialogs()
