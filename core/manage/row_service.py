"""What can be done with a row of one table, by calls that are the same for every table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from core.actor import Actor
from core.manage.row_editor import Row

Removed = TypeVar("Removed")
Result = TypeVar("Result", covariant=True)
Given = TypeVar("Given", contravariant=True)


class Get(Protocol[Result]):
    """Return a row by id; raise `NotFound`."""

    def __call__(self, db: Session, row_id: int, /, *, actor: Actor) -> Result: ...


class Create(Protocol[Result]):
    """Create a row from the fields of a form; raise `Invalid`."""

    def __call__(self, db: Session, /, *, actor: Actor, values: Mapping[str, object]) -> Result: ...


class Update(Protocol[Result]):
    """Change a row that is still at `version`; raise `Invalid`, `Conflict` or `VersionNeeded`."""

    def __call__(
        self,
        db: Session,
        row_id: int,
        /,
        *,
        actor: Actor,
        version: int | None,
        values: Mapping[str, object],
    ) -> Result: ...


class Delete(Protocol[Result]):
    """Delete a row that is still at `version`; return what `restore` needs."""

    def __call__(
        self, db: Session, row_id: int, /, *, actor: Actor, version: int | None
    ) -> Result: ...


class Restore(Protocol[Given]):
    """Restore a deleted row."""

    def __call__(self, db: Session, /, *, actor: Actor, removed: Given) -> object: ...


@dataclass(frozen=True)
class RowService(Generic[Row, Removed]):
    """The calls for one table; each checks permissions and runs in the caller's transaction."""

    get: Get[Row]
    create: Create[Row]
    update: Update[Row]
    delete: Delete[Removed]
    restore: Restore[Removed]
