"""Deleting what is left behind, without waiting for anybody."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session


def delete_free(
    db: Session, key: InstrumentedAttribute[Any], condition: ColumnElement[bool]
) -> int:
    """Delete the rows that `condition` names, by their primary `key`; return how many they were.

    What somebody else has locked stays until the next time: waiting for it could deadlock.
    """
    free = select(key).where(condition).with_for_update(skip_locked=True)
    gone = delete(key.class_).where(key.in_(free.scalar_subquery())).returning(key)
    return len(db.scalars(gone).all())
