"""Exports: who took data out of Tally, noted before the first byte leaves."""

from sqlalchemy.orm import Session

from core import audit
from core.actors import Actor, require_staff


def allow_export(db: Session, *, actor: Actor, result: str, generation: int) -> None:
    """Note that the actor exports a result as CSV; raise `Forbidden` to those who may not.

    The data itself comes from a snapshot, so this is all that the database hears of an export.
    """
    require_staff(db, actor, "export.csv")
    changes = {"result": [None, result], "generation": [None, generation]}
    audit.record(db, actor=actor, action="export.csv", changes=changes)
