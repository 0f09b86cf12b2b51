"""The audit trail as superusers read it: searched, filtered, page by page or as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from core.access.permissions import require_superuser
from core.actor import Actor
from core.db import word_search
from core.db.engine import transaction
from core.db.models import AuditEvent
from core.db.paging import SEARCH_COUNT_CAP, Page, read_page
from core.db.word_search import has_words
from core.text.characters import searched
from core.text.folding import split_words

OUTCOMES = ("success", "refused", "throttled", "aborted", "failed")
PERIODS: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
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
class EventFilter:
    """Which events to show; what is empty or None narrows nothing. `until` is exclusive, in UTC.

    Words of `who` are looked for in the actor's address; of `search` in all that an event says.
    """

    search: str = ""
    who: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def to_query(self) -> dict[str, str]:
        """Return what narrows, as parameters; moments in UTC."""
        given = {
            "q": self.search,
            "who": self.who,
            "action": self.action,
            "outcome": self.outcome,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return {name: _plain(value) for name, value in given.items() if value}


def parse(query: Mapping[str, str], *, now: datetime | None = None) -> EventFilter:
    """Return what an address asks for; what it names wrongly narrows nothing."""
    period = PERIODS.get(query.get("period", ""))
    return EventFilter(
        search=searched(query.get("q", "")),
        who=searched(query.get("who", "")),
        action=query.get("action", ""),
        outcome=query.get("outcome", ""),
        since=(now or datetime.now(UTC)) - period if period else None,
    )


def list_events(
    db: Session, *, actor: Actor, filters: EventFilter, skip: int = 0, limit: int = 50
) -> Page[AuditEvent]:
    """Return events, newest first."""
    require_superuser(db, actor, "audit.list")
    return read_page(db, _query(filters), skip=skip, limit=limit, cap=SEARCH_COUNT_CAP)


def list_actions(db: Session, *, actor: Actor) -> list[str]:
    """Return the actions that there are events of."""
    require_superuser(db, actor, "audit.list")
    return list(db.scalars(ACTIONS))


def count_events(db: Session, *, filters: EventFilter) -> tuple[int, int]:
    """Return how many events there are now, and the id of the newest, or 0."""
    found = (
        _query(filters)
        .order_by(None)
        .with_only_columns(
            func.count(), func.coalesce(func.max(AuditEvent.id), 0), maintain_column_froms=True
        )
    )
    count, newest = db.execute(found).one()
    return count, newest


def token_names(db: Session, events: Sequence[AuditEvent]) -> dict[int, str]:
    """Return the names of the tokens that events were brought about by, also of revoked ones."""
    ids = {event.token_id for event in events if event.token_id is not None}
    made = (AuditEvent.action == "token.create") & (AuditEvent.subject_type == "api_token")
    query = select(AuditEvent).where(made, AuditEvent.subject_id.in_(ids))
    return {e.subject_id or 0: str(e.changes["name"][1]) for e in db.scalars(query)} if ids else {}


def stream_events(
    *, filters: EventFilter, newest: int
) -> Iterator[tuple[list[AuditEvent], dict[int, str]]]:
    """Yield all events up to an id in batches, newest first, each with the names of its tokens.

    For those who may export them. Each batch has a transaction of its own, so that a slow reader
    holds none open.
    """
    before = newest + 1
    while True:
        with transaction() as db:
            found = _query(filters).where(AuditEvent.id < before).limit(BATCH)
            events = list(db.scalars(found))
            names = token_names(db, events)
        if not events:
            return
        yield events, names
        before = events[-1].id


def _query(filters: EventFilter) -> Select[AuditEvent]:
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    if words := split_words(filters.search):
        query = query.where(has_words(word_search.EVENTS, words))
    if words := split_words(filters.who):
        query = query.where(has_words(word_search.ACTORS, words))
    if filters.action:
        query = query.where(AuditEvent.action == _plain(filters.action))
    if filters.outcome:
        query = query.where(AuditEvent.outcome == _plain(filters.outcome))
    if filters.since:
        query = query.where(AuditEvent.at >= filters.since)
    if filters.until:
        query = query.where(AuditEvent.at < filters.until)
    return query


def _plain(value: object) -> str:
    return str(value).replace("\x00", "")
