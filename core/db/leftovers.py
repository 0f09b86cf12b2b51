"""Deletes expired rows without waiting for locks."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session


def delete_free(
    db: Session, key: InstrumentedAttribute[Any], condition: ColumnElement[bool]
) -> int:
    """Delete the rows that match `condition`, by their primary `key`; return their number.

    Rows that another transaction has locked stay until the next run: waiting could deadlock.
    """
    free = select(key).where(condition).with_for_update(skip_locked=True)
    gone = delete(key.class_).where(key.in_(free.scalar_subquery())).returning(key)
    return len(db.scalars(gone).all())
