"""The rows of a snapshot's tables as they were extracted, in the order of their ids."""

from collections.abc import Iterator

import polars as pl
import pyarrow.compute as pc

from core import warehouse
from core.snapshots import ITEMS, USERS, Snapshot

BATCH = 32_768
NOBODY = 0  # no id is


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
    yield from _stream(snapshot, ITEMS, "raw_items", _wanted_items(snapshot, search))


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
    yield from _stream(snapshot, USERS, "raw_users", {"text": _folded(search)})


def _stream(
    snapshot: Snapshot, dataset: str, question: str, wanted: dict[str, object]
) -> Iterator[pl.DataFrame]:
    # Each batch is a query of its own, so a slow reader occupies no place among the queries. It is
    # a range of ids that are known to match, so none reads or sorts the rows of another.
    for file in snapshot.files(dataset):
        found = warehouse.read(snapshot, f"{question}_ids", files=[file], **wanted).to_series()
        for start in range(0, len(found), BATCH):
            ids = found[start : start + BATCH]
            yield warehouse.read(
                snapshot, question, files=[file], first=ids[0], last=ids[-1], **wanted
            )


def _wanted_items(snapshot: Snapshot, search: str) -> dict[str, object]:
    owner = NOBODY
    if "@" in search:
        files, email = snapshot.files(USERS), _folded(search)
        found = warehouse.read(snapshot, "user_id_of", files=files, email=email)
        owner = found.item() if found.height else NOBODY
    return {"text": _folded(search), "owner": owner}


def _folded(search: str) -> str:
    return str(pc.utf8_lower(search.replace("\x00", "")))
