"""Pages of a table, cut in SQL, so that a browser gets only the rows that it shows."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.calendar.periods import Span

Row = TypeVar("Row")
Rows = TypeVar("Rows", bound=Sized, covariant=True)
PAGE_SIZE = 50  # rows per page on screen
MAXIMUM_LIMIT = 1000
SEARCH_COUNT_CAP = 10_000


@dataclass(frozen=True)
class Page(Generic[Rows]):
    """Some rows of a list, after `skipped` others.

    `count` is the length of the whole list, a lower bound if `capped`.
    """

    rows: Rows
    count: int
    capped: bool = False
    skipped: int = 0


def created_in(column: InstrumentedAttribute[datetime], span: Span) -> ColumnElement[bool]:
    """Return the condition that `column` lies in a span."""
    return and_(column > span.after, column <= span.until)


def read_page(
    db: Session, query: Select[Row], *, skip: int, limit: int, cap: int | None = None
) -> Page[Sequence[Row]]:
    """Return up to `limit` rows of `query` after the first `skip`; count no further than `cap`."""
    limited = query.order_by(None).with_only_columns(1, maintain_column_froms=True)
    if cap is not None:
        limited = limited.limit(cap + 1)
    count = db.scalar(select(func.count()).select_from(limited.subquery())) or 0
    capped = cap is not None and count > cap
    skipped = max(skip, 0)
    rows = db.scalars(query.offset(skipped).limit(min(limit, MAXIMUM_LIMIT))).all()
    total = min(count, cap) if cap is not None else count
    return Page(rows, total, capped=capped, skipped=skipped)
