"""The rows of a snapshot's tables as they were extracted, in the order of their ids."""

from collections.abc import Iterator

import polars as pl
import pyarrow.compute as pc

from core import columns, warehouse
from core.row_filter import RowFilter
from core.snapshots import ITEMS, USERS, Snapshot

BATCH = 32_768
NOBODY = 0  # no id is
ALL = RowFilter()


def count_items(snapshot: Snapshot, wanted: RowFilter = ALL) -> int:
    """Return how many items there are, or match: see `stream_items`."""
    if not wanted.narrows:
        return snapshot.items
    files, compared = snapshot.files(ITEMS), _compared_items(snapshot, wanted)
    return int(warehouse.read(snapshot, "count_raw_items", files=files, **compared).item())


def stream_items(snapshot: Snapshot, wanted: RowFilter = ALL) -> Iterator[pl.DataFrame]:
    """Yield the items of a filter in batches, with the columns of `columns.ITEMS`.

    As on the page of items, a search is one in titles, and for whole addresses of owners.
    """
    compared = _compared_items(snapshot, wanted)
    for frame in _stream(snapshot, ITEMS, "raw_items", compared, users=snapshot.files(USERS)):
        yield _completed(frame, columns.ITEMS)


def count_users(snapshot: Snapshot, wanted: RowFilter = ALL) -> int:
    """Return how many users there are, or match: see `stream_users`."""
    if not wanted.narrows:
        return snapshot.users
    files, compared = snapshot.files(USERS), _compared_users(snapshot, wanted)
    return int(warehouse.read(snapshot, "count_raw_users", files=files, **compared).item())


def stream_users(snapshot: Snapshot, wanted: RowFilter = ALL) -> Iterator[pl.DataFrame]:
    """Yield the users of a filter in batches, with the columns of `columns.USERS`.

    A search is one in addresses and names.
    """
    compared = _compared_users(snapshot, wanted)
    for frame in _stream(snapshot, USERS, "raw_users", compared):
        yield _completed(frame, columns.USERS)


def _stream(
    snapshot: Snapshot, dataset: str, question: str, compared: dict[str, object], **more: object
) -> Iterator[pl.DataFrame]:
    # Each batch is a query of its own, so a slow reader occupies no place among the queries. It is
    # a range of ids that are known to match, so none reads or sorts the rows of another.
    for file in snapshot.files(dataset):
        given = {"files": [file], **compared}
        found = warehouse.read(snapshot, f"{question}_ids", **given).to_series()
        for start in range(0, len(found), BATCH):
            ids = found[start : start + BATCH]
            yield warehouse.read(snapshot, question, first=ids[0], last=ids[-1], **given, **more)


def _completed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return all columns in their order; empty are those that an older snapshot lacks."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items()]
    return frame.with_columns(m for m in missing if m.meta.output_name() not in frame).select(
        schema.names()
    )


def _compared_items(snapshot: Snapshot, wanted: RowFilter) -> dict[str, object]:
    return {
        "text": _folded(wanted.search),
        "found_owner": _find_owner(snapshot, wanted.search),
        "owner": wanted.owner,
        **wanted.bounds(snapshot.taken_at),
    }


def _compared_users(snapshot: Snapshot, wanted: RowFilter) -> dict[str, object]:
    bounds = wanted.bounds(snapshot.taken_at)
    return {"text": _folded(wanted.search), "active": wanted.is_active, **bounds}


def _find_owner(snapshot: Snapshot, search: str) -> int:
    """Return the user whose whole address is searched for, or nobody."""
    if "@" not in search:
        return NOBODY
    files, email = snapshot.files(USERS), _folded(search)
    found = warehouse.read(snapshot, "user_id_of", files=files, email=email)
    return int(found.item()) if found.height else NOBODY


def _folded(search: str) -> str:
    return str(pc.utf8_lower(search.replace("\x00", "")))
