"""The dialogs of the Items page: the fields of an item and the words around them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.columns.items import ITEM_COLUMNS
from core.db.models import Item
from core.manage import items
from core.manage.items import RemovedItem
from core.text.characters import one_line
from dashboard.manage.row_dialogs import RowDialogs
from dashboard.ui import notices


class ItemDialogs(RowDialogs[Item, RemovedItem]):
    """The dialogs that create, edit and delete an item."""

    screen, noun, service, columns = "items", "item", items.SERVICE, ITEM_COLUMNS

    def ask(self, values: Mapping[str, Any]) -> str:
        """Draw which item will be deleted."""
        st.text(values["title"])
        st.caption(notices.escape(f"Owned by {values['owner_email']}"))
        return "Delete item"

    def gone(self, removed: RemovedItem) -> str:
        """Return a text that names the deleted item."""
        return f"Deleted: {one_line(removed.item['title'])}"


DIALOGS = ItemDialogs()
