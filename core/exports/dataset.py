"""A dataset that can be exported as a whole: its filters, and who may export it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.access.permissions import require_staff, require_superuser
from core.actor import Actor
from core.exports.parameters import Filters
from core.exports.result import Answer
from core.snapshots.reader import Snapshot


@dataclass(frozen=True)
class Question:
    """A dataset; `name` is used in addresses, `key` is the column that identifies a row.

    `parse` reads filters from query parameters and the reader's time zone; it raises `Invalid`.
    `ask` reads the rows from a snapshot, by default the current one, or from the database if
    `of_snapshot` is false. `derived` columns are no content: they do not count for a comparison.
    `screen` is the page that shows the dataset, if it is named differently. `only_drawn` marks rows
    that are useful only in a picture.
    """

    name: str
    title: str
    description: str
    action: str
    parse: Callable[[Mapping[str, str], ZoneInfo], Filters]
    ask: Callable[[Any, Snapshot | None], Answer]
    key: str = ""
    derived: frozenset[str] = frozenset()
    superusers_only: bool = False
    of_snapshot: bool = True
    screen: str | None = None
    only_drawn: bool = False

    def allow(self, db: Session, actor: Actor) -> None:
        """Raise `Forbidden` unless the actor may export the dataset."""
        require = require_superuser if self.superusers_only else require_staff
        require(db, actor, self.action)
