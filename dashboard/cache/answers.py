"""Query results cached between runs, keyed by snapshot; `kept` is the only cache decorator."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import pyarrow as pa
import streamlit as st

from core import process
from core.analytics import explanations, metrics, ranking, trends
from core.analytics.explanations import Explanation, Question
from core.analytics.frames import to_frame, to_table
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking import MatchBitmap
from core.analytics.trend_filter import TrendFilter, Window
from core.calendar.periods import Period
from core.db.paging import PAGE_SIZE, Page
from core.exports import comparison
from core.exports.receipts import Receipt
from core.snapshots.reader import Snapshot
from dashboard.cache.run_queue import RunQueue
from dashboard.cache.shareable import require_shareable
from dashboard.charts import series

KEPT = 100  # results per function; a page takes about 10 kB, a bitmap of a million owners 125 kB
FOUND = 8  # owners that a search offers
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class _NotKept(Exception):
    """The result is not cached; computing it would keep other runs waiting for the slot."""


def kept(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Cache a function's results by its arguments, which include the snapshot.

    All callers get the same object, which must not be changed. While it is computed, other pages
    run. Raises `NotShareable` if a result holds what threads cannot share, such as a Polars frame.
    """
    # A snapshot never changes, so its results never become stale.
    identities: dict[str | type, Callable[[Any], Any]] = {
        Snapshot: _identity,
        Receipt: attrgetter("number"),
        # Their repr is complete, and takes half the time of hashing field by field.
        OwnerFilter: repr,
        TrendFilter: repr,
    }
    keep = st.cache_resource(max_entries=KEPT, show_spinner=False, hash_funcs=identities)

    @keep
    @wraps(function)
    def ask_once(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        # Holding the cache's lock here, we must not wait for the slot.
        if process.resource(RunQueue).is_mine():
            raise _NotKept
        answer = function(*args, **named)
        require_shareable(answer)
        return answer

    @wraps(function)
    def answer(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        ask = partial(ask_once, *args, **named)
        try:
            return ask()
        except _NotKept:
            return process.resource(RunQueue).outside(ask)

    return answer


def _identity(snapshot: Snapshot) -> str:
    return f"{snapshot.folder}:{snapshot.generation}"


@kept
def totals(snapshot: Snapshot) -> metrics.Totals:
    """See `core.analytics.metrics.totals`."""
    return metrics.totals(snapshot)


@kept
def new(snapshot: Snapshot) -> dict[Period, metrics.New]:
    """See `core.analytics.metrics.new`."""
    return metrics.new(snapshot)


def owners(snapshot: Snapshot, filters: OwnerFilter, *, skip: int) -> Page[pa.Table]:
    """Return a page of `metrics.items_by_user`, with the number of all rows."""
    rows = page_of_owners(snapshot, filters, skip=skip)
    return Page(rows, matches(snapshot, filters).count, skipped=skip)


@kept
def page_of_owners(snapshot: Snapshot, filters: OwnerFilter, *, skip: int) -> pa.Table:
    """Return the rows of `owners`."""
    found = matches(snapshot, filters)
    return to_table(ranking.page_of_owners(snapshot, found, skip=skip, limit=PAGE_SIZE))


@kept
def matches(snapshot: Snapshot, filters: OwnerFilter) -> MatchBitmap:
    """See `core.analytics.ranking.find_owners`."""
    return ranking.find_owners(snapshot, filters)


@kept
def find_owners(snapshot: Snapshot, text: str) -> pa.Table:
    """Return up to `FOUND` owners whose address or name contains a text, most items first."""
    return to_table(metrics.items_by_user(snapshot, OwnerFilter(text), limit=FOUND))


@kept
def owner(snapshot: Snapshot, user_id: int) -> dict[str, object] | None:
    """See `core.analytics.metrics.owner`."""
    return metrics.owner(snapshot, user_id)


@kept
def top_owners(snapshot: Snapshot, period: Period) -> pa.Table:
    """See `core.analytics.metrics.top_owners`."""
    return to_table(metrics.top_owners(snapshot, period))


@kept
def trend(snapshot: Snapshot, filters: TrendFilter) -> pa.Table:
    """See `core.analytics.trends.trend`."""
    days = to_frame(created(snapshot, filters.owner, filters.zone))
    return to_table(trends.steps(days, filters, until=trends.today(snapshot, filters)))


@kept
def recent(snapshot: Snapshot, filters: TrendFilter) -> pa.Table:
    """Return the last steps, as many as the overview shows; see `series.recent`."""
    past = replace(filters, window=Window(last=trends.today(snapshot, filters)))
    return to_table(series.recent(to_frame(trend(snapshot, past)), filters.step))


@kept
def created(snapshot: Snapshot, owner: int | None, zone: str) -> pa.Table:
    """See `core.analytics.trends.created`."""
    return to_table(trends.created(snapshot, owner, zone))


@kept
def distribution(snapshot: Snapshot) -> pa.Table:
    """See `core.analytics.metrics.distribution`."""
    return to_table(metrics.distribution(snapshot))


@kept
def explanation(snapshot: Snapshot, question: Question) -> Explanation:
    """See `core.analytics.explanations.explain`."""
    return explanations.explain(snapshot, question)


@kept
def compared(snapshot: Snapshot, receipt: Receipt) -> comparison.Comparison:
    """See `core.exports.comparison.compare`."""
    return comparison.compare(receipt, snapshot)


@kept
def curve(snapshot: Snapshot, period: Period) -> pa.Table:
    """Return the number of items along the whole ranking; see `series.curve`."""
    return to_table(series.curve(metrics.item_counts(snapshot, period)))


@kept
def shares(snapshot: Snapshot) -> metrics.Shares:
    """See `core.analytics.metrics.shares`."""
    return metrics.shares(metrics.item_counts(snapshot))
