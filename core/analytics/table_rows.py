"""Reads the extracted rows of a snapshot's tables, in the order of their ids."""

from collections.abc import Iterator

import polars as pl

from core.analytics import columns, warehouse
from core.analytics.row_filter import RowFilter
from core.errors import Unavailable
from core.snapshots.manifest import FOLDED_SINCE
from core.snapshots.reader import ITEMS, USERS, Snapshot
from core.text.folding import split_words

BATCH = 32_768
ALL = RowFilter()
NOT_FOLDED = (
    "This data was exported by an earlier version of Tally and cannot be searched. "
    "Refresh the data, and try again."
)


def count_items(snapshot: Snapshot, filters: RowFilter = ALL) -> int:
    """Return how many items match; see `stream_items`."""
    if not filters.narrows:
        return snapshot.items
    return _count(snapshot, ITEMS, "items", _compared_items(snapshot, filters))


def stream_items(snapshot: Snapshot, filters: RowFilter = ALL) -> Iterator[pl.DataFrame]:
    """Yield the matching items in batches, with the columns of `columns.ITEMS`.

    As on the Items page, each word of a search must occur in the title, the description, or the
    owner's address or name.
    """
    compared = _compared_items(snapshot, filters)
    for frame in _stream(snapshot, ITEMS, "items", compared, users=snapshot.files(USERS)):
        yield _completed(frame, columns.ITEMS)


def count_users(snapshot: Snapshot, filters: RowFilter = ALL) -> int:
    """Return how many users match; see `stream_users`."""
    if not filters.narrows:
        return snapshot.users
    return _count(snapshot, USERS, "users", _compared_users(snapshot, filters))


def stream_users(snapshot: Snapshot, filters: RowFilter = ALL) -> Iterator[pl.DataFrame]:
    """Yield the matching users in batches, with the columns of `columns.USERS`.

    Each word of a search must occur in the address or name.
    """
    compared = _compared_users(snapshot, filters)
    for frame in _stream(snapshot, USERS, "users", compared):
        yield _completed(frame, columns.USERS)


def _count(snapshot: Snapshot, dataset: str, noun: str, compared: dict[str, object]) -> int:
    asked = f"count_matching_{noun}" if "words" in compared else f"count_raw_{noun}"
    return int(warehouse.read(snapshot, asked, files=snapshot.files(dataset), **compared).item())


def _stream(
    snapshot: Snapshot, dataset: str, noun: str, compared: dict[str, object], **more: object
) -> Iterator[pl.DataFrame]:
    # Each batch is a separate query, so a slow client does not occupy a query slot. A batch covers
    # a range of ids that match, so no query reads or sorts the rows of another.
    asked = f"matching_{noun}" if "words" in compared else f"raw_{noun}_ids"
    for file in snapshot.files(dataset):
        found = warehouse.read(snapshot, asked, files=[file], **compared).to_series()
        for start in range(0, len(found), BATCH):
            ids = found[start : start + BATCH]
            span = {"first": ids[0], "last": ids[-1], "ids": _some(ids)}
            yield warehouse.read(snapshot, f"raw_{noun}", files=[file], **span, **more)


def _some(ids: pl.Series) -> list[int] | None:
    """Return the ids, which are ascending, or None if they have no gaps."""
    return None if ids[-1] - ids[0] + 1 == len(ids) else ids.to_list()


def _completed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return all columns in their order; those that an older snapshot lacks are null."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items()]
    return frame.with_columns(m for m in missing if m.meta.output_name() not in frame).select(
        schema.names()
    )


def _compared_items(snapshot: Snapshot, filters: RowFilter) -> dict[str, object]:
    words = _words(snapshot, filters)
    joined = {"users": snapshot.files(USERS)} if words else {}
    return {"owner": filters.owner, **filters.bounds(snapshot.taken_at), **words, **joined}


def _compared_users(snapshot: Snapshot, filters: RowFilter) -> dict[str, object]:
    bounds = filters.bounds(snapshot.taken_at)
    return {"active": filters.is_active, **bounds, **_words(snapshot, filters)}


def _words(snapshot: Snapshot, filters: RowFilter) -> dict[str, object]:
    words = split_words(filters.search)
    if words and snapshot.manifest.layout < FOLDED_SINCE:
        raise Unavailable(NOT_FOLDED)
    return {"words": words} if words else {}
