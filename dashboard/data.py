"""Answers kept between runs, all keyed by the snapshot; `kept` is the only cache decorator."""

from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import polars as pl
import streamlit as st

from core import comparison, explanations, metrics, trends
from core.explanations import Explanation, Question
from core.listing import PAGE_SIZE
from core.matches import Matches
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.receipts import Receipt
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import series
from dashboard.filters import Part
from dashboard.turns import holding, out_of_line

KEPT = 100  # answers a function; a page is about 10 kB, who of a million owners matches 125 kB
FOUND = 8  # owners that are offered while somebody types
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def kept(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Ask once for each snapshot, and whatever else a function is called with.

    All who ask get the same object, which nobody changes.
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
    ask_once = keep(function)

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
    """See `core.metrics.totals`."""
    return metrics.totals(snapshot)


@_asked
def new(snapshot: Snapshot) -> dict[Period, metrics.New]:
    """See `core.metrics.new`."""
    return metrics.new(snapshot)


def owners(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> Part[pl.DataFrame]:
    """Return a page of `core.metrics.items_by_user`, and how many rows there are in all."""
    rows = _page_of_owners(snapshot, wanted, skip=skip)
    return Part(rows, _matches(snapshot, wanted).count, skipped=skip)


@_asked
def _page_of_owners(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> pl.DataFrame:
    found = _matches(snapshot, wanted)
    return metrics.page_of_owners(snapshot, found, skip=skip, limit=PAGE_SIZE)


@_asked
def _matches(snapshot: Snapshot, wanted: OwnerFilter) -> Matches:
    return metrics.find_owners(snapshot, wanted)


@_asked
def find_owners(snapshot: Snapshot, text: str) -> pl.DataFrame:
    """Return the first few owners whose address or name contains a text, most items first."""
    return metrics.items_by_user(snapshot, OwnerFilter(text), limit=FOUND)


@_asked
def owner(snapshot: Snapshot, user_id: int) -> dict[str, object] | None:
    """See `core.metrics.owner`."""
    return metrics.owner(snapshot, user_id)


@_asked
def top_owners(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    """See `core.metrics.top_owners`."""
    return metrics.top_owners(snapshot, period)


@_asked
def trend(snapshot: Snapshot, wanted: TrendFilter) -> pl.DataFrame:
    """See `core.trends.trend`."""
    created = _created(snapshot, wanted.owner, wanted.zone)
    return trends.steps(created, wanted, until=trends.today(snapshot, wanted))


@_asked
def recent(snapshot: Snapshot, wanted: TrendFilter) -> pl.DataFrame:
    """Return as many of the last steps as an overview shows; see `series.recent`."""
    until = trends.today(snapshot, wanted)
    return series.recent(trend(snapshot, wanted), wanted.step, until=until)


@_asked
def _created(snapshot: Snapshot, owner: int | None, zone: str) -> pl.DataFrame:
    return trends.created(snapshot, owner, zone)


@_asked
def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """See `core.metrics.distribution`."""
    return metrics.distribution(snapshot)


@_asked
def explanation(snapshot: Snapshot, question: Question) -> Explanation:
    """See `core.explanations.explain`."""
    return explanations.explain(snapshot, question)


@_asked
def compared(snapshot: Snapshot, receipt: Receipt) -> comparison.Comparison:
    """See `core.comparison.compare`."""
    return comparison.compare(receipt, snapshot)


@_asked
def curve(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    """Return how many items the owners have along the whole ranking; see `series.curve`."""
    return series.curve(metrics.item_counts(snapshot, period))


@_asked
def shares(snapshot: Snapshot) -> metrics.Shares:
    """See `core.metrics.shares`."""
    return metrics.shares(metrics.item_counts(snapshot))
