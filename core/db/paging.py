"""Pages of a table, cut in SQL, so that a browser gets only the rows that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.calendar.periods import Span

Row = TypeVar("Row")
PAGE_SIZE = 50  # rows per page on screen
MAXIMUM_LIMIT = 1000
SEARCH_COUNT_CAP = 10_000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list; `count` is the length of the whole list, a lower bound if `capped`."""

    rows: Sequence[Row]
    count: int
    capped: bool = False


def created_in(column: InstrumentedAttribute[datetime], span: Span) -> ColumnElement[bool]:
    """Return the condition that `column` lies in a span."""
    return and_(column > span.after, column <= span.until)


def read_page(
    db: Session, query: Select[Row], *, skip: int, limit: int, cap: int | None = None
) -> Page[Row]:
    """Return up to `limit` rows of `query` after the first `skip`; count no further than `cap`."""
    limited = query.order_by(None).with_only_columns(1, maintain_column_froms=True)
    if cap is not None:
        limited = limited.limit(cap + 1)
    count = db.scalar(select(func.count()).select_from(limited.subquery())) or 0
    capped = cap is not None and count > cap
    rows = db.scalars(query.offset(max(skip, 0)).limit(min(limit, MAXIMUM_LIMIT))).all()
    return Page(rows=rows, count=min(count, cap) if cap is not None else count, capped=capped)
