"""Answers kept between runs: the only module with cache decorators, all keyed by the snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import polars as pl
import streamlit as st

from core import comparison, explanations, metrics, snapshots, trends
from core.explanations import Explanation, Question
from core.listing import PAGE_SIZE
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.receipts import Receipt
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import series
from dashboard.filters import Part

KEPT = 200  # answers a function; a page of a table is about 10 kB
FOUND = 8  # owners that are offered while somebody types
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_pinned: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def pinned(snapshot: Snapshot | None) -> Iterator[None]:
    """Let everything in the block show one snapshot, also when a newer one appears meanwhile."""
    token = _pinned.set(snapshot)
    try:
        yield
    finally:
        _pinned.reset(token)


def snapshot() -> Snapshot:
    """Return the snapshot that this run shows; raise `Unavailable` when there is none."""
    return _pinned.get() or snapshots.current()


def kept(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Ask once for each snapshot, and whatever else a function is called with."""
    # A snapshot never changes, so what it answers never goes stale and needs no clearing.
    identities: dict[str | type, Callable[[Any], Any]] = {
        Snapshot: _identity,
        Receipt: attrgetter("number"),
    }
    keep = st.cache_data(max_entries=KEPT, show_spinner=False, hash_funcs=identities)
    return keep(function)


def _identity(snapshot: Snapshot) -> str:
    return f"{snapshot.folder}:{snapshot.generation}"


@kept
def totals(snapshot: Snapshot) -> metrics.Totals:
    """See `core.metrics.totals`."""
    return metrics.totals(snapshot)


@kept
def new(snapshot: Snapshot) -> dict[Period, metrics.New]:
    """See `core.metrics.new`."""
    return metrics.new(snapshot)


def owners(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> Part[pl.DataFrame]:
    """Return a page of `core.metrics.items_by_user`, and how many rows there are in all."""
    rows = _items_by_user(snapshot, wanted, skip=skip)
    return Part(rows, _count_items_by_user(snapshot, wanted), skipped=skip)


@kept
def _items_by_user(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> pl.DataFrame:
    return metrics.items_by_user(snapshot, wanted, skip=skip, limit=PAGE_SIZE)


@kept
def _count_items_by_user(snapshot: Snapshot, wanted: OwnerFilter) -> int:
    return metrics.count_items_by_user(snapshot, wanted)


@kept
def find_owners(snapshot: Snapshot, text: str) -> pl.DataFrame:
    """Return the first few owners whose address or name contains a text, most items first."""
    return metrics.items_by_user(snapshot, OwnerFilter(text), limit=FOUND)


@kept
def owner(snapshot: Snapshot, user_id: int) -> dict[str, object] | None:
    """See `core.metrics.owner`."""
    return metrics.owner(snapshot, user_id)


@kept
def top_owners(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    """See `core.metrics.top_owners`."""
    return metrics.top_owners(snapshot, period)


@kept
def trend(snapshot: Snapshot, wanted: TrendFilter) -> pl.DataFrame:
    """See `core.trends.trend`."""
    created = _created(snapshot, wanted.owner, wanted.zone)
    return trends.steps(created, wanted, until=trends.today(snapshot, wanted))


@kept
def recent(snapshot: Snapshot, wanted: TrendFilter) -> pl.DataFrame:
    """Return as many of the last steps as an overview shows; see `series.recent`."""
    until = trends.today(snapshot, wanted)
    return series.recent(trend(snapshot, wanted), wanted.step, until=until)


@kept
def _created(snapshot: Snapshot, owner: int | None, zone: str) -> pl.DataFrame:
    return trends.created(snapshot, owner, zone)


@kept
def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """See `core.metrics.distribution`."""
    return metrics.distribution(snapshot)


@kept
def explanation(snapshot: Snapshot, question: Question) -> Explanation:
    """See `core.explanations.explain`."""
    return explanations.explain(snapshot, question)


@kept
def compared(snapshot: Snapshot, receipt: Receipt) -> comparison.Comparison:
    """See `core.comparison.compare`."""
    return comparison.compare(receipt, snapshot)


@kept
def item_counts(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    """See `core.metrics.item_counts`."""
    return metrics.item_counts(snapshot, period)


@kept
def shares(snapshot: Snapshot) -> metrics.Shares:
    """See `core.metrics.shares`."""
    return metrics.shares(metrics.item_counts(snapshot))
