"""How a row is edited: locked, checked against the version that was read, and audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import func
from sqlalchemy.orm import Session

from core.actor import Actor
from core.audit import trail
from core.db.models import Item, User
from core.errors import Conflict, NotFound, VersionNeeded

Row = TypeVar("Row", User, Item)


@dataclass(frozen=True)
class RowEditor(Generic[Row]):
    """The steps of editing a row of one table; `fields` are the columns that the audit shows.

    Services check permissions, then call the steps. `action` is that of the audit row; `also` has
    further changes for it, each `[before, after]` by name.
    """

    model: type[Row]
    fields: Sequence[str]

    def require(self, row: Row | None) -> Row:
        """Return the row; raise `NotFound` if it is None."""
        if row is None:
            raise NotFound(f"This {self._noun} does not exist any more.")
        return row

    def lock(self, db: Session, row_id: int, version: int | None) -> Row:
        """Lock a row that is still at `version`, and return it.

        Raises `NotFound`, `VersionNeeded` without a `version`, and `Conflict` when the row has
        another version.
        """
        row = self.require(db.get(self.model, row_id, with_for_update=True, populate_existing=True))
        if version is None:
            raise VersionNeeded(f"Say which version of this {self._noun} you have read.")
        if row.version != version:
            message = f"Somebody changed this {self._noun} while you were editing."
            raise Conflict(message, current=self.current(db, row))
        return row

    def add(self, db: Session, row: Row, *, actor: Actor, action: str, **also: object) -> Row:
        """Insert a row, which may have been deleted before; return it."""
        db.add(row)
        self.flush(db)
        changes = trail.difference({}, self.view(row)) | also
        trail.record(db, actor=actor, action=action, subject=row, changes=changes)
        return row

    def change(
        self, db: Session, row: Row, values: Mapping[str, Any], *, actor: Actor, action: str
    ) -> dict[str, list[object]]:
        """Store new values of a locked row under the next version; return the difference.

        If there is none, nothing is stored or audited.
        """
        changes = trail.difference(self.view(row), values)
        if changes:
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
            row.updated_at = func.now()
            self.flush(db)
            trail.record(db, actor=actor, action=action, subject=row, changes=changes)
        return changes

    def delete(
        self, db: Session, row: Row, *, actor: Actor, action: str, **also: object
    ) -> dict[str, Any]:
        """Delete a locked row; return all its columns, from which `add` can restore it."""
        stored = row.stored()
        gone = trail.difference(self.view(row), dict.fromkeys(self.fields)) | also
        trail.record(db, actor=actor, action=action, subject=row, changes=gone)
        db.delete(row)
        db.flush()
        return stored

    def view(self, row: Row) -> dict[str, object]:
        """Return the audited fields of a row by name."""
        return {name: getattr(row, name) for name in self.fields}

    def current(self, db: Session, row: Row) -> dict[str, object]:  # noqa: ARG002 - items ask it for the owner
        """Return the present values of a row, and its version, for a `Conflict`."""
        return self.view(row) | {"version": row.version}

    def flush(self, db: Session) -> None:
        """Send changes to the database; a subclass may turn its errors into `Invalid`."""
        db.flush()

    @property
    def _noun(self) -> str:
        return self.model.__tablename__
