"""The dialogs of the Users page: the fields of a user and the words around them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from core.actor import Actor
from core.columns.users import USER_COLUMNS
from core.db.engine import transaction
from core.db.fields import PASSWORD_MAXIMUM, PASSWORD_MINIMUM
from core.db.models import User
from core.manage import users
from core.manage.users import RemovedUser
from core.settings import get_settings
from core.sign_in import account
from core.text.addresses import warn_of_lookalikes
from dashboard.manage import row_fields, user_access
from dashboard.manage.row_dialogs import RowDialogs
from dashboard.ui import notices
from dashboard.ui.drafts import Draft
from dashboard.ui.forms import OPTIONAL, Fields


class UserDialogs(RowDialogs[User, RemovedUser]):
    """The dialogs that create, edit and delete a user."""

    screen, noun, service, columns = "users", "user", users.SERVICE, USER_COLUMNS

    def read(self, db: Session, actor: Actor, row: User) -> dict[str, Any]:
        """Return the fields of a user, with the number of their items."""
        count = users.count_items(db, actor=actor, user_id=row.id)
        return super().read(db, actor, row) | {"items": count}

    def draw(self, fields: Fields) -> None:
        """Draw the fields of a user."""
        row_fields.draw_texts(fields, self.columns)
        if get_settings().password_sign_in:
            _password(fields)
        row_fields.draw_boxes(fields, self.columns)

    def typed(self, fields: Fields) -> Mapping[str, object]:
        """Return the typed values, without an empty password.

        A new user then has none, and an existing one keeps theirs.
        """
        values = fields.values.items()
        return {name: value for name, value in values if name != "password" or value}

    def saved(self, draft: Draft, row: User) -> None:
        """Warn of a new address that mixes letters of several scripts."""
        if row.email != draft.values.get("email"):
            notices.warn(warn_of_lookalikes(row.email))

    def draw_below(self, actor: Actor, draft: Draft) -> None:
        """Draw the buttons that end a user's sessions, links and tokens."""
        if st.button("Sign out everywhere", key=f"{draft.key}-end", icon=":material/logout:"):
            notices.carry_out(lambda: _end_sessions(actor, draft.id or 0))
        user_access.show(actor, draft)

    def ask(self, values: Mapping[str, Any]) -> str:
        """Draw which user will be deleted, and with how many items."""
        count: int = values["items"]
        st.text(values["full_name"] or values["email"])
        if values["full_name"]:
            st.caption(notices.escape(values["email"]))
        st.warning(_impact(count), icon=":material/warning:")
        return f"Delete user and {notices.count(count, 'item')}" if count else "Delete user"

    def gone(self, removed: RemovedUser) -> str:
        """Return a text that names the deleted user and counts the deleted items."""
        return f"Deleted: {removed.user['email']}, with {notices.count(removed.item_count, 'item')}"

    def back(self, removed: RemovedUser) -> str:
        """Return a message that counts the restored items."""
        return f"The user is back, with {notices.count(len(removed.items or ()), 'item')}."


DIALOGS = UserDialogs()


def _password(fields: Fields) -> None:
    is_new = fields.draft.action == "create"
    fields.text(
        "password",
        f"Password{OPTIONAL}" if is_new else f"New password{OPTIONAL}",
        type="password",
        autocomplete="new-password",
        placeholder=f"{PASSWORD_MINIMUM} to {PASSWORD_MAXIMUM} characters",
    )


def _end_sessions(actor: Actor, user_id: int) -> str:
    with transaction() as db:
        count = account.end_sessions_of(db, actor=actor, user_id=user_id)
    return "1 session was ended." if count == 1 else f"{count:,} sessions were ended."


def _impact(count: int) -> str:
    if count > users.UNDO_ITEMS:
        return f"{notices.count(count, 'item')} go along: too many for Undo to bring them back."
    if count == 1:
        return "1 item goes along. Undo brings both back."
    if count:
        return f"{notices.count(count, 'item')} go along. Undo brings all of it back."
    return "This user owns no items. Undo brings the user back."
