"""The rows of a snapshot's tables as they were extracted, in the order of their ids."""

from collections.abc import Iterator

import polars as pl
import pyarrow.compute as pc

from core import warehouse
from core.snapshots import ITEMS, USERS, Snapshot

BATCH = 32_768
NOBODY = 0  # no id is
BEFORE_ALL = -(2**63)


def count_items(snapshot: Snapshot, search: str = "") -> int:
    """Return how many items there are, or match: see `stream_items`."""
    if not search:
        return snapshot.items
    files, wanted = snapshot.files(ITEMS), _wanted_items(snapshot, search)
    return int(warehouse.read(snapshot, "count_raw_items", files=files, **wanted).item())


def stream_items(snapshot: Snapshot, search: str = "") -> Iterator[pl.DataFrame]:
    """Yield item_id, owner_id, title, description and created_at in batches.

    As on the page of items, `search` is looked for in titles, and in whole addresses of owners.
    """
    yield from _stream(snapshot, ITEMS, "raw_items", "item_id", _wanted_items(snapshot, search))


def count_users(snapshot: Snapshot, search: str = "") -> int:
    """Return how many users there are, or match: see `stream_users`."""
    if not search:
        return snapshot.users
    files, text = snapshot.files(USERS), _folded(search)
    return int(warehouse.read(snapshot, "count_raw_users", files=files, text=text).item())


def stream_users(snapshot: Snapshot, search: str = "") -> Iterator[pl.DataFrame]:
    """Yield user_id, email, full_name, is_active, is_superuser and created_at in batches.

    `search` is looked for in addresses and names.
    """
    yield from _stream(snapshot, USERS, "raw_users", "user_id", {"text": _folded(search)})


def _stream(
    snapshot: Snapshot, dataset: str, question: str, key: str, wanted: dict[str, object]
) -> Iterator[pl.DataFrame]:
    # Each batch is a query of its own, so a slow reader occupies no place among the queries.
    for file in snapshot.files(dataset):
        after, full = BEFORE_ALL, True
        while full:
            frame = warehouse.read(
                snapshot, question, files=[file], after=after, limit=BATCH, **wanted
            )
            full = frame.height == BATCH
            if frame.height:
                after = frame[key][-1]
                yield frame


def _wanted_items(snapshot: Snapshot, search: str) -> dict[str, object]:
    owner = NOBODY
    if "@" in search:
        files, email = snapshot.files(USERS), _folded(search)
        found = warehouse.read(snapshot, "user_id_of", files=files, email=email)
        owner = found.item() if found.height else NOBODY
    return {"text": _folded(search), "owner": owner}


def _folded(search: str) -> str:
    return str(pc.utf8_lower(search.replace("\x00", "")))
