"""Answers kept between runs: the only module with cache decorators, all keyed by the snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import polars as pl
import streamlit as st

from core import comparison, explanations, metrics, snapshots
from core.explanations import Explanation, Question
from core.owner_filter import OwnerFilter
from core.receipts import Receipt
from core.snapshots import Snapshot
from dashboard.filters import PAGE_SIZE, Part

KEPT = 200  # answers a function; a page of a table is about 10 kB
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


def _kept(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    # A snapshot never changes, so what it answers never goes stale and needs no clearing.
    identities: dict[str | type, Callable[[Any], Any]] = {
        Snapshot: _identity,
        Receipt: attrgetter("number"),
    }
    keep = st.cache_data(max_entries=KEPT, show_spinner=False, hash_funcs=identities)
    return keep(function)


def _identity(snapshot: Snapshot) -> str:
    return f"{snapshot.folder}:{snapshot.generation}"


@_kept
def totals(snapshot: Snapshot) -> metrics.Totals:
    """See `core.metrics.totals`."""
    return metrics.totals(snapshot)


def owners(snapshot: Snapshot, *, search: str, skip: int) -> Part[pl.DataFrame]:
    """Return a page of `core.metrics.items_by_user`, and how many rows there are in all."""
    wanted = OwnerFilter(search=search)
    rows = _items_by_user(snapshot, wanted, skip=skip)
    return Part(rows, _count_items_by_user(snapshot, wanted), skipped=skip)


@_kept
def _items_by_user(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> pl.DataFrame:
    return metrics.items_by_user(snapshot, wanted, skip=skip, limit=PAGE_SIZE)


@_kept
def _count_items_by_user(snapshot: Snapshot, wanted: OwnerFilter) -> int:
    return metrics.count_items_by_user(snapshot, wanted)


@_kept
def active_users(snapshot: Snapshot) -> pl.DataFrame:
    """See `core.metrics.active_users`."""
    return metrics.active_users(snapshot)


@_kept
def created_per_day(snapshot: Snapshot) -> pl.DataFrame:
    """See `core.metrics.created_per_day`."""
    return metrics.created_per_day(snapshot)


@_kept
def distribution(snapshot: Snapshot) -> pl.DataFrame:
    """See `core.metrics.distribution`."""
    return metrics.distribution(snapshot)


@_kept
def explanation(snapshot: Snapshot, question: Question) -> Explanation:
    """See `core.explanations.explain`."""
    return explanations.explain(snapshot, question)


@_kept
def compared(snapshot: Snapshot, receipt: Receipt) -> comparison.Comparison:
    """See `core.comparison.compare`."""
    return comparison.compare(receipt, snapshot)
