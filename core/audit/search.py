"""Searches the audit trail for superusers: page by page, or all matching events for an export."""

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
# A loose index scan: it jumps from one action to the next, however many rows each has.
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
    """Which events to show; an empty text or None matches all. `until` is exclusive, in UTC.

    `who` searches the actor's address, `search` all texts of an event.
    """

    search: str = ""
    who: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def to_query(self) -> dict[str, str]:
        """Return the filters that are set as query parameters, with times in UTC."""
        filters = {
            "q": self.search,
            "who": self.who,
            "action": self.action,
            "outcome": self.outcome,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return {name: _plain(value) for name, value in filters.items() if value}


def parse(query: Mapping[str, str], *, now: datetime | None = None) -> EventFilter:
    """Read the filters from a query string; an invalid value is ignored."""
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
) -> Page[Sequence[AuditEvent]]:
    """Return a page of the matching events, newest first."""
    require_superuser(db, actor, "audit.list")
    return read_page(db, _query(filters), skip=skip, limit=limit, cap=SEARCH_COUNT_CAP)


def list_actions(db: Session, *, actor: Actor) -> list[str]:
    """Return all actions that occur in the audit trail."""
    require_superuser(db, actor, "audit.list")
    return list(db.scalars(ACTIONS))


def count_events(db: Session, *, filters: EventFilter) -> tuple[int, int]:
    """Return the number of matching events and the id of the newest, or 0."""
    totals = (
        _query(filters)
        .order_by(None)
        .with_only_columns(
            func.count(), func.coalesce(func.max(AuditEvent.id), 0), maintain_column_froms=True
        )
    )
    count, newest = db.execute(totals).one()
    return count, newest


def token_names(db: Session, events: Sequence[AuditEvent]) -> dict[int, str]:
    """Return the names by id of the tokens that the events were made with, revoked ones too."""
    ids = {event.token_id for event in events if event.token_id is not None}
    creation = (AuditEvent.action == "token.create") & (AuditEvent.subject_type == "api_token")
    query = select(AuditEvent).where(creation, AuditEvent.subject_id.in_(ids))
    return {e.subject_id or 0: str(e.changes["name"][1]) for e in db.scalars(query)} if ids else {}


def stream_events(
    *, filters: EventFilter, newest: int
) -> Iterator[tuple[list[AuditEvent], dict[int, str]]]:
    """Yield batches of matching events up to the id `newest`, newest first, with token names.

    The caller checks the permission. Each batch has a transaction of its own, so that a slow
    reader holds none open.
    """
    before = newest + 1
    while True:
        with transaction() as db:
            batch = _query(filters).where(AuditEvent.id < before).limit(BATCH)
            events = list(db.scalars(batch))
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
