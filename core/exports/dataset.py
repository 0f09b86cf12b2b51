"""A question whose whole answer may leave Tally: what it may be narrowed by, and for whom."""

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
    """One question; `name` is that of its page and address, `key` the column that names a row.

    `parse` makes filters of query parameters and the reader's zone, and raises `Invalid`. `ask`
    answers from a snapshot, the current one if it gets none, or from the database where
    `of_snapshot` is false. All columns but the `derived` ones are the content. `screen` is the page
    that shows the answer where that has another name, and `only_drawn` says that the rows are those
    of a picture, of no use by themselves.
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
        """Raise `Forbidden` unless the actor may take the whole answer away."""
        require = require_superuser if self.superusers_only else require_staff
        require(db, actor, self.action)
