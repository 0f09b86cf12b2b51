"""The dialogs of the Items page: create, edit and delete."""

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import Item
from core.manage import items
from core.text.characters import one_line
from dashboard.ui import forms, notices
from dashboard.ui.forms import OPTIONAL, Draft, Fields

SCREEN = "items"


def open_new(*, owner_email: str = "") -> None:
    """Open an empty form."""
    forms.open_draft(Draft(SCREEN, "create", {"owner_email": owner_email}))


def open_for(actor: Actor, item_id: int, action: str) -> None:
    """Open the form that edits or deletes an item, with its values of this moment."""
    with transaction() as db:
        item = items.get_item(db, actor=actor, item_id=item_id)
        values = _values(item)
    forms.open_draft(Draft(SCREEN, action, values, id=item_id, version=item.version))


def show(actor: Actor) -> None:
    """Show the dialog that is open on this page, if one is."""
    draft = forms.opened(SCREEN)
    if draft is None:
        return
    titles = {"create": "New item", "edit": "Edit item", "delete": "Delete item"}
    draw = {"create": _create, "edit": _edit, "delete": _delete}[draft.action]
    forms.show(draft, titles[draft.action], lambda: draw(actor, draft))


def _create(actor: Actor, draft: Draft) -> None:
    def save(fields: Fields) -> str:
        with transaction() as db:
            items.create_item(db, actor=actor, values=fields.values)
        return "The item was created."

    forms.edit(draft, _fields, save)


def _edit(actor: Actor, draft: Draft) -> None:
    def save(fields: Fields) -> str:
        with transaction() as db:
            items.update_item(
                db,
                actor=actor,
                item_id=draft.id or 0,
                version=draft.version,
                values=fields.values,
            )
        return "The item was saved."

    forms.edit(draft, _fields, save)


def _delete(actor: Actor, draft: Draft) -> None:
    st.text(draft.values["title"])
    st.caption(notices.escape(f"Owned by {draft.values['owner_email']}"))
    if draft.current is not None:
        st.warning("Somebody changed this item meanwhile; this is how it is now.")
    if st.button("Delete item", type="primary", key=f"{draft.key}-delete"):
        forms.attempt(draft, None, lambda: _delete_now(actor, draft))


def _delete_now(actor: Actor, draft: Draft) -> str:
    with transaction() as db:
        removed = items.delete_item(db, actor=actor, item_id=draft.id or 0, version=draft.version)

    def restore() -> str:
        with transaction() as db:
            items.restore_item(db, actor=actor, removed=removed)
        return "The item is back."

    title = draft.values["title"]
    notices.offer_undo(notices.Undo(SCREEN, f"Deleted: {title}", restore))
    return "The item was deleted."


def _fields(fields: Fields) -> None:
    fields.text("title", "Title")
    fields.text("owner_email", "Owner's e-mail address", autocomplete="off")
    fields.area("description", f"Description{OPTIONAL}")


def _values(item: Item) -> dict[str, object]:
    return {
        "title": one_line(item.title),
        "description": item.description,
        "owner_email": item.owner.email,
    }
