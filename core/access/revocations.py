"""What ended: sessions and tokens that hold no more, told to this process after the commit."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, delete, event, select
from sqlalchemy.orm import Session

from core.db.models import AuthSession
from core.telemetry.supervision import Failures

_listeners: list[Callable[[], None]] = []
_failures = Failures("Telling that a session or token has ended")


def connect(listener: Callable[[], None]) -> Callable[[], None]:
    """Call `listener` whenever a session or token has ended; return what disconnects it.

    It is called in whichever thread committed, and must not wait.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def announce(db: Session) -> None:
    """Tell the listeners that something has ended, once the transaction is committed."""
    event.listen(db, "after_commit", _tell, once=True)


def _tell(_: Session) -> None:
    for listener in list(_listeners):
        with _failures.contained():  # it is committed, whatever becomes of the news
            listener()


def end_sessions(db: Session, condition: ColumnElement[bool]) -> int:
    """End the sessions that `condition` names; return how many they were."""
    # Locked by id, so that two who end several, or note their use, do not deadlock.
    named = select(AuthSession.id).where(condition).order_by(AuthSession.id).with_for_update()
    ids = db.scalars(named).all()
    db.execute(delete(AuthSession).where(AuthSession.id.in_(ids)))
    announce(db)
    return len(ids)
