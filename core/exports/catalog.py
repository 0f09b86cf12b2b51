"""The catalog of datasets that can be exported, and the functions that read them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import starmap

import polars as pl

from core.analytics import columns, metrics, ranking, table_rows, trends
from core.analytics.owner_filter import OwnerFilter
from core.analytics.row_filter import RowFilter
from core.analytics.trend_filter import TrendFilter
from core.analytics.trends import PARTIAL
from core.audit import rows as audit_rows
from core.audit import search
from core.audit.search import EventFilter
from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from core.errors import NotFound
from core.exports import parameters
from core.exports.dataset import Question
from core.exports.parameters import Days, Everything, OwnersPage, Ranks, Recent
from core.exports.result import Answer
from core.snapshots import reader
from core.snapshots.reader import Snapshot


def find_question(name: str) -> Question:
    """Return the dataset with this name; raise `NotFound`."""
    if name not in QUESTIONS:
        raise NotFound("There is nothing of this name to export.")
    return QUESTIONS[name]


def items_by_user(filters: OwnerFilter, snapshot: Snapshot | None = None) -> Answer:
    """Read all owners with the number of their items."""
    taken = snapshot or reader.current()
    rows = metrics.count_items_by_user(taken, filters)
    return _of(taken, columns.OWNERS, rows, ranking.stream_owners(taken, filters), "user_id")


def page_of_owners(filters: OwnersPage, snapshot: Snapshot | None = None) -> Answer:
    """Read one page of the owners with the number of their items."""
    taken = snapshot or reader.current()
    skip = (filters.number - 1) * PAGE_SIZE
    page = metrics.items_by_user(taken, filters.owners, skip=skip, limit=PAGE_SIZE)
    return _whole(taken, page, "user_id")


def item_counts(filters: Ranks, snapshot: Snapshot | None = None) -> Answer:
    """Read how many users own each number of items; the ranks do not filter."""
    taken = snapshot or reader.current()
    return _whole(taken, metrics.item_counts(taken, filters.period))


def active_users(filters: Recent, snapshot: Snapshot | None = None) -> Answer:
    """Read the users who own most items, or most of those created in a period."""
    taken = snapshot or reader.current()
    return _whole(taken, metrics.active_users(taken, filters.period), "user_id")


def created_per_day(filters: Days, snapshot: Snapshot | None = None) -> Answer:
    """Read the users and items created per day; days without any are absent."""
    taken = snapshot or reader.current()
    return _whole(taken, metrics.created_per_day(taken, filters.zone))


def trend(filters: TrendFilter, snapshot: Snapshot | None = None) -> Answer:
    """Read the users and items created per step, with cumulative counts."""
    taken = snapshot or reader.current()
    return _whole(taken, trends.trend(taken, filters))


def distribution(_: Everything, snapshot: Snapshot | None = None) -> Answer:
    """Read how many users own how many items, in buckets."""
    taken = snapshot or reader.current()
    return _whole(taken, metrics.distribution(taken))


def items(filters: RowFilter, snapshot: Snapshot | None = None) -> Answer:
    """Read all matching items."""
    taken = snapshot or reader.current()
    rows = table_rows.count_items(taken, filters)
    frames = table_rows.stream_items(taken, filters)
    return _of(taken, columns.ITEMS, rows, frames, "item_id", "owner_id")


def users(filters: RowFilter, snapshot: Snapshot | None = None) -> Answer:
    """Read all matching users."""
    taken = snapshot or reader.current()
    rows = table_rows.count_users(taken, filters)
    return _of(taken, columns.USERS, rows, table_rows.stream_users(taken, filters), "user_id")


def audit(filters: EventFilter, _: Snapshot | None = None) -> Answer:
    """Read all matching audit events up to now."""
    with transaction() as db:
        rows, newest = search.count_events(db, filters=filters)
    events = search.stream_events(filters=filters, newest=newest)
    frames = starmap(audit_rows.frame, events)
    return Answer(audit_rows.EVENTS, rows, frames, as_of=datetime.now(UTC))


def _of(
    snapshot: Snapshot,
    schema: pl.Schema,
    rows: int,
    frames: Iterator[pl.DataFrame],
    *identities: str,
) -> Answer:
    return Answer(
        schema,
        rows,
        frames,
        as_of=snapshot.taken_at,
        generation=snapshot.generation,
        identities=frozenset(identities),
    )


def _whole(snapshot: Snapshot, frame: pl.DataFrame, *identities: str) -> Answer:
    return _of(snapshot, frame.schema, frame.height, iter([frame]), *identities)


ANALYTICS = "export.analytics"
QUESTIONS: Mapping[str, Question] = {
    each.name: each
    for each in (
        Question(
            name="items_by_user",
            title="Items by user",
            description="Every user with at least one item, most items first, ties by user id.",
            action=ANALYTICS,
            parse=parameters.owners,
            ask=items_by_user,
            key="user_id",
            derived=frozenset({"rank"}),
        ),
        Question(
            name="active_users",
            title="Active users",
            description="The ten users who own most items, or most of a period; ties by user id.",
            action=ANALYTICS,
            parse=parameters.recent,
            ask=active_users,
            key="user_id",
        ),
        Question(
            name="created_per_day",
            title="Created per day",
            description="How many users and items were created on each day that saw any.",
            action=ANALYTICS,
            parse=parameters.days,
            ask=created_per_day,
            key="day",
            screen="trends",
        ),
        Question(
            name="trends",
            title="Trends",
            description="How many users and items were created in each day, week or month, and "
            "how many there had been by its end; with an owner, of their items alone. Only days in "
            "the range count; a step that has others, or is not over yet, is partial.",
            action=ANALYTICS,
            parse=parameters.trends,
            ask=trend,
            key="day",
            derived=frozenset({PARTIAL}),
        ),
        Question(
            name="distribution",
            title="Users by items owned",
            description="How many users own how many items.",
            action=ANALYTICS,
            parse=parameters.everything,
            ask=distribution,
            key="bucket",
            screen="",
        ),
        Question(
            name="page_of_owners",
            title="Items by user, one page",
            description="The users on one page of Items by user.",
            action=ANALYTICS,
            parse=parameters.owners_page,
            ask=page_of_owners,
            key="user_id",
            derived=frozenset({"rank"}),
            screen="items_by_user",
            only_drawn=True,
        ),
        Question(
            name="item_counts",
            title="Items by rank",
            description="How many users own exactly so many items.",
            action=ANALYTICS,
            parse=parameters.ranks,
            ask=item_counts,
            key="item_count",
            screen="items_by_user",
            only_drawn=True,
        ),
        Question(
            name="items",
            title="Items",
            description="The items as they are in the snapshot, with their owners, by id.",
            action="export.items",
            parse=parameters.items,
            ask=items,
            key="item_id",
        ),
        Question(
            name="users",
            title="Users",
            description="The users as they are in the snapshot, by id.",
            action="export.users",
            parse=parameters.users,
            ask=users,
            key="user_id",
            superusers_only=True,
        ),
        Question(
            name="audit",
            title="Audit",
            description="What happened, newest first.",
            action="export.audit",
            parse=parameters.events,
            ask=audit,
            superusers_only=True,
            of_snapshot=False,
        ),
    )
}
