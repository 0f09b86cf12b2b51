"""Answers kept between runs, all keyed by the snapshot; `kept` is the only cache decorator."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import pyarrow as pa
import streamlit as st

from core.analytics import explanations, metrics, trends
from core.analytics.explanations import Explanation, Question
from core.analytics.frames import to_frame, to_table
from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking.match_bitmap import Matches
from core.analytics.trend_filter import TrendFilter, Window
from core.calendar.periods import Period
from core.db.paging import PAGE_SIZE
from core.exports import comparison
from core.exports.receipts import Receipt
from core.snapshots.reader import Snapshot
from dashboard.cache.run_queue import holding, out_of_line
from dashboard.cache.shareable import require_shareable
from dashboard.charts import series
from dashboard.ui.filter_widgets import Part

KEPT = 100  # answers a function; a page is about 10 kB, who of a million owners matches 125 kB
FOUND = 8  # owners that are offered while somebody types
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def kept(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Ask once for each snapshot, and whatever else a function is called with.

    All who ask get the same object, which nobody changes. Raises `NotShareable` where it holds what
    threads cannot share, as a Polars frame.
    """
    # A snapshot never changes, so what it answers never goes stale and needs no clearing.
    identities: dict[str | type, Callable[[Any], Any]] = {
        Snapshot: _identity,
        Receipt: attrgetter("number"),
        # They say all that they are, in half of the time that telling field by field takes.
        OwnerFilter: repr,
        TrendFilter: repr,
    }
    keep = st.cache_resource(max_entries=KEPT, show_spinner=False, hash_funcs=identities)

    @keep
    @wraps(function)
    def ask_once(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        answer = function(*args, **named)
        require_shareable(answer)
        return answer

    @wraps(function)
    def answer(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        with holding():  # while one asks, others wait for its answer
            return ask_once(*args, **named)

    return answer


def _asked(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Keep what DuckDB has to be asked, for which others go ahead meanwhile."""

    @wraps(function)
    def ask(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        with out_of_line():
            return function(*args, **named)

    return kept(ask)


def _identity(snapshot: Snapshot) -> str:
    return f"{snapshot.folder}:{snapshot.generation}"


@_asked
def totals(snapshot: Snapshot) -> metrics.Totals:
    """See `core.analytics.metrics.totals`."""
    return metrics.totals(snapshot)


@_asked
def new(snapshot: Snapshot) -> dict[Period, metrics.New]:
    """See `core.analytics.metrics.new`."""
    return metrics.new(snapshot)


def owners(snapshot: Snapshot, filters: OwnerFilter, *, skip: int) -> Part[pa.Table]:
    """Return a page of `metrics.items_by_user`, and how many rows there are in all."""
    rows = _page_of_owners(snapshot, filters, skip=skip)
    return Part(rows, _matches(snapshot, filters).count, skipped=skip)


@_asked
def _page_of_owners(snapshot: Snapshot, filters: OwnerFilter, *, skip: int) -> pa.Table:
    found = _matches(snapshot, filters)
    return to_table(metrics.page_of_owners(snapshot, found, skip=skip, limit=PAGE_SIZE))


@_asked
def _matches(snapshot: Snapshot, filters: OwnerFilter) -> Matches:
    return metrics.find_owners(snapshot, filters)


@_asked
def find_owners(snapshot: Snapshot, text: str) -> pa.Table:
    """Return the first few owners whose address or name contains a text, most items first."""
    return to_table(metrics.items_by_user(snapshot, OwnerFilter(text), limit=FOUND))


@_asked
def owner(snapshot: Snapshot, user_id: int) -> dict[str, object] | None:
    """See `core.analytics.metrics.owner`."""
    return metrics.owner(snapshot, user_id)


@_asked
def top_owners(snapshot: Snapshot, period: Period) -> pa.Table:
    """See `core.analytics.metrics.top_owners`."""
    return to_table(metrics.top_owners(snapshot, period))


@_asked
def trend(snapshot: Snapshot, filters: TrendFilter) -> pa.Table:
    """See `core.analytics.trends.trend`."""
    created = to_frame(_created(snapshot, filters.owner, filters.zone))
    return to_table(trends.steps(created, filters, until=trends.today(snapshot, filters)))


@_asked
def recent(snapshot: Snapshot, filters: TrendFilter) -> pa.Table:
    """Return as many of the last steps as an overview shows; see `series.recent`."""
    past = replace(filters, window=Window(last=trends.today(snapshot, filters)))
    return to_table(series.recent(to_frame(trend(snapshot, past)), filters.step))


@_asked
def _created(snapshot: Snapshot, owner: int | None, zone: str) -> pa.Table:
    return to_table(trends.created(snapshot, owner, zone))


@_asked
def distribution(snapshot: Snapshot) -> pa.Table:
    """See `core.analytics.metrics.distribution`."""
    return to_table(metrics.distribution(snapshot))


@_asked
def explanation(snapshot: Snapshot, question: Question) -> Explanation:
    """See `core.analytics.explanations.explain`."""
    return explanations.explain(snapshot, question)


@_asked
def compared(snapshot: Snapshot, receipt: Receipt) -> comparison.Comparison:
    """See `core.exports.comparison.compare`."""
    return comparison.compare(receipt, snapshot)


@_asked
def curve(snapshot: Snapshot, period: Period) -> pa.Table:
    """Return how many items the owners have along the whole ranking; see `series.curve`."""
    return to_table(series.curve(metrics.item_counts(snapshot, period)))


@_asked
def shares(snapshot: Snapshot) -> metrics.Shares:
    """See `core.analytics.metrics.shares`."""
    return metrics.shares(metrics.item_counts(snapshot))
