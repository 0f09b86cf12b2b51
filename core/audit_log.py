"""The audit trail as superusers read it: searched, filtered, page by page or as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, Text, cast, or_, select, text
from sqlalchemy.orm import Session

from core import audit
from core.actors import Actor, require_superuser
from core.database import transaction
from core.listing import SEARCH_COUNT_CAP, Page, contains, read_page
from core.models import AuditEvent

OUTCOMES = ("success", "refused", "throttled")
BATCH = 5_000
# Jumps from one action to the next in the index, however many rows each of them has.
ACTIONS = text("""
    WITH RECURSIVE known AS (
        (SELECT action FROM audit_event ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT a.action FROM audit_event a WHERE a.action > known.action
                ORDER BY a.action LIMIT 1)
        FROM known WHERE known.action IS NOT NULL
    )
    SELECT action FROM known WHERE action IS NOT NULL
""")


@dataclass(frozen=True)
class Wanted:
    """Which events to show; what is empty or None narrows nothing. `until` is exclusive, in UTC.

    `who` is looked for in the actor's address; `search` in all that an event says.
    """

    search: str = ""
    who: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_events(
    db: Session, *, actor: Actor, wanted: Wanted, skip: int = 0, limit: int = 50
) -> Page[AuditEvent]:
    """Return events, newest first."""
    require_superuser(db, actor, "audit.list")
    return read_page(db, _query(wanted), skip=skip, limit=limit, cap=SEARCH_COUNT_CAP)


def list_actions(db: Session, *, actor: Actor) -> list[str]:
    """Return the actions that there are events of."""
    require_superuser(db, actor, "audit.list")
    return list(db.scalars(ACTIONS))


def allow_export(db: Session, *, actor: Actor, wanted: Wanted) -> None:
    """Note that the actor exports events; raise `Forbidden` to those who may not."""
    require_superuser(db, actor, "audit.export")
    given = {name: value for name, value in asdict(wanted).items() if value}
    changes = {name: [None, _plain(value)] for name, value in given.items()}
    audit.record(db, actor=actor, action="audit.export", changes=changes)


def token_names(db: Session, events: Sequence[AuditEvent]) -> dict[int, str]:
    """Return the names of the tokens that events were brought about by, also of revoked ones."""
    ids = {event.token_id for event in events if event.token_id is not None}
    made = (AuditEvent.action == "token.create") & (AuditEvent.subject_type == "api_token")
    query = select(AuditEvent).where(made, AuditEvent.subject_id.in_(ids))
    return {e.subject_id or 0: str(e.changes["name"][1]) for e in db.scalars(query)} if ids else {}


def stream_events(*, wanted: Wanted) -> Iterator[tuple[list[AuditEvent], dict[int, str]]]:
    """Yield all events in batches, newest first, each with the names of its tokens; for those whom
    `allow_export` let pass.

    Each batch has a transaction of its own, so that a slow reader holds none open.
    """
    last: int | None = None
    while True:
        query = _query(wanted).limit(BATCH)
        with transaction() as db:
            found = query if last is None else query.where(AuditEvent.id < last)
            events = list(db.scalars(found))
            names = token_names(db, events)
        if not events:
            return
        yield events, names
        last = events[-1].id


def _query(wanted: Wanted) -> Select[AuditEvent]:
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    if wanted.search:
        said = cast(AuditEvent.changes, Text).icontains(_plain(wanted.search), autoescape=True)
        columns = (AuditEvent.actor, AuditEvent.address, AuditEvent.action, AuditEvent.trace_id)
        query = query.where(or_(*(contains(c, wanted.search) for c in columns), said))
    if wanted.who:
        query = query.where(contains(AuditEvent.actor, wanted.who))
    if wanted.action:
        query = query.where(AuditEvent.action == _plain(wanted.action))
    if wanted.outcome:
        query = query.where(AuditEvent.outcome == _plain(wanted.outcome))
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEvent.at < wanted.until)
    return query


def _plain(value: object) -> str:
    return str(value).replace("\x00", "")
