"""The dialogs of the Users page: create, edit and delete."""

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.fields import PASSWORD_MAXIMUM, PASSWORD_MINIMUM
from core.db.models import User
from core.manage import users
from core.settings import get_settings
from core.sign_in import account
from core.text.addresses import warn_of_lookalikes
from core.text.characters import one_line
from dashboard.manage import user_access
from dashboard.ui import forms, notices
from dashboard.ui.forms import OPTIONAL, Draft, Fields

SCREEN = "users"
STAFF_LABEL = "Staff: may sign in, see analytics and manage items"
SUPERUSER_LABEL = "Superuser: may also manage users"


def open_new() -> None:
    """Open an empty form."""
    forms.open_draft(Draft(SCREEN, "create", {"is_active": True}))


def open_for(actor: Actor, user_id: int, action: str) -> None:
    """Open the form that edits or deletes a user, with the values of this moment."""
    with transaction() as db:
        user = users.get_user(db, actor=actor, user_id=user_id)
        values = _values(user) | {"items": users.count_items(db, actor=actor, user_id=user_id)}
    forms.open_draft(Draft(SCREEN, action, values, id=user_id, version=user.version))


def show(actor: Actor) -> None:
    """Show the dialog that is open on this page, if one is."""
    draft = forms.opened(SCREEN)
    if draft is None:
        return
    titles = {"create": "New user", "edit": "Edit user", "delete": "Delete user"}
    draw = {"create": _create, "edit": _edit, "delete": _delete}[draft.action]
    forms.show(draft, titles[draft.action], lambda: draw(actor, draft))


def _create(actor: Actor, draft: Draft) -> None:
    def save(fields: Fields) -> str:
        with transaction() as db:
            user = users.create_user(db, actor=actor, values=_typed(fields))
        notices.warn(warn_of_lookalikes(user.email))
        return "The user was created."

    forms.edit(draft, _fields, save)


def _edit(actor: Actor, draft: Draft) -> None:
    def save(fields: Fields) -> str:
        with transaction() as db:
            user = users.update_user(
                db,
                actor=actor,
                user_id=draft.id or 0,
                version=draft.version,
                values=_typed(fields),
            )
        if user.email != draft.values["email"]:
            notices.warn(warn_of_lookalikes(user.email))
        return "The user was saved."

    forms.edit(draft, _fields, save)
    if st.button("Sign out everywhere", key=f"{draft.key}-end", icon=":material/logout:"):
        forms.do_beside(lambda: _end_sessions(actor, draft))
    user_access.show(actor, draft)


def _end_sessions(actor: Actor, draft: Draft) -> str:
    with transaction() as db:
        count = account.end_sessions_of(db, actor=actor, user_id=draft.id or 0)
    return "1 session was ended." if count == 1 else f"{count:,} sessions were ended."


def _delete(actor: Actor, draft: Draft) -> None:
    count: int = draft.values["items"]
    st.text(draft.values["full_name"] or draft.values["email"])
    if draft.values["full_name"]:
        st.caption(notices.escape(draft.values["email"]))
    st.warning(_impact(count), icon=":material/warning:")
    label = f"Delete user and {notices.count(count, 'item')}" if count else "Delete user"
    if st.button(label, type="primary", key=f"{draft.key}-delete"):
        forms.attempt(draft, None, lambda: _delete_now(actor, draft))


def _delete_now(actor: Actor, draft: Draft) -> str:
    with transaction() as db:
        removed = users.delete_user(db, actor=actor, user_id=draft.id or 0, version=draft.version)

    def restore() -> str:
        with transaction() as db:
            users.restore_user(db, actor=actor, removed=removed)
        return f"The user is back, with {notices.count(len(removed.items or ()), 'item')}."

    went = f"Deleted: {draft.values['email']}, with {notices.count(removed.item_count, 'item')}"
    notices.offer_undo(notices.Undo(SCREEN, went, restore))
    return "The user was deleted."


def _fields(fields: Fields) -> None:
    is_new = fields.draft.action == "create"
    fields.text("email", "E-mail address", autocomplete="off")
    fields.text("full_name", f"Full name{OPTIONAL}", autocomplete="off")
    if get_settings().password_sign_in:
        _password(fields, is_new=is_new)
    fields.box("is_active", "Active")
    fields.box("is_staff", STAFF_LABEL)
    fields.box("is_superuser", SUPERUSER_LABEL)


def _password(fields: Fields, *, is_new: bool) -> None:
    fields.text(
        "password",
        f"Password{OPTIONAL}" if is_new else f"New password{OPTIONAL}",
        type="password",
        autocomplete="new-password",
        placeholder=f"{PASSWORD_MINIMUM} to {PASSWORD_MAXIMUM} characters",
    )


def _typed(fields: Fields) -> dict[str, object]:
    # An empty password field means none for a new user, and the same as before for another.
    return {name: value for name, value in fields.values.items() if name != "password" or value}


def _values(user: User) -> dict[str, object]:
    values = {name: getattr(user, name) for name in users.FIELDS}
    return values | {"full_name": one_line(user.full_name or "")}


def _impact(count: int) -> str:
    if count > users.UNDO_ITEMS:
        return f"{notices.count(count, 'item')} go along: too many for Undo to bring them back."
    if count == 1:
        return "1 item goes along. Undo brings both back."
    if count:
        return f"{notices.count(count, 'item')} go along. Undo brings all of it back."
    return "This user owns no items. Undo brings the user back."
