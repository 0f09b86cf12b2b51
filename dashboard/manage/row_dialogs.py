"""The dialogs that create, edit and delete a row, shared by all tables."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Generic

import streamlit as st
from sqlalchemy.orm import Session

from core.actor import Actor
from core.columns.column import Column
from core.db.engine import transaction
from core.manage.row_editor import Row
from core.manage.row_service import Removed, RowService
from dashboard.manage import row_fields
from dashboard.ui import drafts, forms, notices
from dashboard.ui.drafts import Draft
from dashboard.ui.forms import Dialog, Fields


class RowDialogs(ABC, Generic[Row, Removed]):
    """The dialogs of one screen; a subclass adds the fields and words of its table."""

    screen: str
    noun: str
    service: RowService[Row, Removed]
    columns: Sequence[Column]

    def open_new(self) -> None:
        """Open a form for a new row."""
        drafts.open_draft(Draft(self.screen, "create", row_fields.fresh(self.columns)))

    def open_for(self, actor: Actor, row_id: int, action: str) -> None:
        """Open the dialog that edits or deletes a row, with its current values."""
        with transaction() as db:
            row = self.service.get(db, row_id, actor=actor)
            values = self.read(db, actor, row)
        drafts.open_draft(Draft(self.screen, action, values, id=row_id, version=row.version))

    def show(self, actor: Actor) -> None:
        """Show the dialog that is open on this screen, if any."""
        actions = {
            "create": Dialog(f"New {self.noun}", partial(self._create, actor)),
            "edit": Dialog(f"Edit {self.noun}", partial(self._edit, actor)),
            "delete": Dialog(f"Delete {self.noun}", partial(self._delete, actor)),
        }
        forms.show(self.screen, actions)

    def read(self, db: Session, actor: Actor, row: Row) -> dict[str, Any]:  # noqa: ARG002
        """Return the values that the form of a row starts with, and that its deletion shows."""
        return row_fields.read(row, self.columns)

    def draw(self, fields: Fields) -> None:
        """Draw the fields of a form."""
        row_fields.draw_texts(fields, self.columns)
        row_fields.draw_boxes(fields, self.columns)

    def typed(self, fields: Fields) -> Mapping[str, object]:
        """Return the typed values in the form that the service expects."""
        return fields.values

    def saved(self, draft: Draft, row: Row) -> None:
        """React to a form that was saved."""

    def draw_below(self, actor: Actor, draft: Draft) -> None:
        """Draw what belongs below the form of an existing row."""

    @abstractmethod
    def ask(self, values: Mapping[str, Any]) -> str:
        """Draw which row will be deleted and with what effect; return the button's label."""

    @abstractmethod
    def gone(self, removed: Removed) -> str:
        """Return the text beside the Undo button."""

    def back(self, removed: Removed) -> str:  # noqa: ARG002 - tables say more
        """Return the message after Undo."""
        return f"The {self.noun} is back."

    def _create(self, actor: Actor, draft: Draft) -> None:
        def save(fields: Fields) -> str:
            with transaction() as db:
                row = self.service.create(db, actor=actor, values=self.typed(fields))
            self.saved(draft, row)
            return f"The {self.noun} was created."

        forms.edit(draft, self.draw, save)

    def _edit(self, actor: Actor, draft: Draft) -> None:
        def save(fields: Fields) -> str:
            with transaction() as db:
                row = self.service.update(
                    db,
                    draft.id or 0,
                    actor=actor,
                    version=draft.version,
                    values=self.typed(fields),
                )
            self.saved(draft, row)
            return f"The {self.noun} was saved."

        forms.edit(draft, self.draw, save)
        self.draw_below(actor, draft)

    def _delete(self, actor: Actor, draft: Draft) -> None:
        label = self.ask(draft.now)
        if draft.current is not None:
            st.warning(f"Somebody changed this {self.noun} meanwhile; this is how it is now.")
        if st.button(label, type="primary", key=f"{draft.key}-delete"):
            forms.attempt(draft, None, lambda: self._delete_now(actor, draft))

    def _delete_now(self, actor: Actor, draft: Draft) -> str:
        version = draft.now["version"]
        with transaction() as db:
            removed = self.service.delete(db, draft.id or 0, actor=actor, version=version)
        undo = partial(self._restore, actor, removed)
        notices.offer_undo(notices.Undo(self.screen, self.gone(removed), undo))
        return f"The {self.noun} was deleted."

    def _restore(self, actor: Actor, removed: Removed) -> str:
        with transaction() as db:
            self.service.restore(db, actor=actor, removed=removed)
        return self.back(removed)
