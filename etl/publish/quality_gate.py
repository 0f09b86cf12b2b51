"""The checks that a snapshot has to pass before it is published."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.compute as pc

from core.snapshots.manifest import File, Manifest, files_of
from core.snapshots.reader import USERS
from core.text.wording import first_few
from etl.errors import KEPT, Held, Rejected
from etl.extract.datasets import COLUMN_TYPES
from etl.extract.exported_snapshot import ExportedSnapshot
from etl.run.parallel import open_pool
from etl.views import owner_counts

OTHER_COLUMN = (
    'The table "{table}" no longer has the column {column} as {expected}; it has {found}.'
    " Tally and the database do not fit together."
)
STRAYS = "There are items whose owners do not exist: users {ids}."
TWICE = "Several users share an address: {addresses}."
DROPPED = (
    "{table} fell from {before:,} to {after:,} rows, more than {percent:g}%. A superuser can"
    " confirm on the Refreshes page, or by `tally refresh --accept-drop`, that this is right."
)
NAMES = {"user": "Users", "item": "Items"}
FEW = 5


def check_columns(exported_snapshot: ExportedSnapshot) -> None:
    """Raise `Rejected` if an exported column is missing or has another type."""
    for (table, column), expected in COLUMN_TYPES.items():
        found = exported_snapshot.catalog.column_type(table, column)
        if found != expected:
            problem = OTHER_COLUMN.format(
                table=table, column=column, expected=expected, found=found or "none"
            )
            raise Rejected(KEPT.format(problem=problem))


def check_addresses(folder: Path, files: Sequence[File]) -> None:
    """Raise `Rejected` if two users have the same address in any case."""
    paths = [folder / file.path for file in files_of(files, USERS)]
    with open_pool("addresses") as pool:
        hashes = np.sort(np.concatenate(list(pool.map(_hash_addresses, paths))))
    twice = hashes[1:][hashes[1:] == hashes[:-1]]
    if len(twice):
        _refuse_addresses(paths, twice.tolist())


def check_drop(
    previous: Manifest | None, *, users: int, items: int, percent: float, accepted: bool
) -> None:
    """Raise `Held` if a table lost more than `percent` of its rows, unless that was accepted."""
    if previous is None or accepted:
        return
    for table, before, after in (
        ("user", previous.users, users),
        ("item", previous.items, items),
    ):
        if after < before * (1 - percent / 100):
            problem = DROPPED.format(
                table=NAMES[table], before=before, after=after, percent=percent
            )
            raise Held(KEPT.format(problem=problem))


def refuse_strays(ids: Sequence[int]) -> Rejected:
    """Return the error for items whose owners do not exist."""
    return Rejected(KEPT.format(problem=STRAYS.format(ids=first_few(ids, FEW))))


def _addresses(path: Path) -> pl.Series:
    # Only ASCII letters are folded, so two equal addresses are equal by every other rule too.
    lowered = pc.ascii_lower(owner_counts.read(path, "email")["email"])
    return pl.Series("email", lowered, dtype=pl.String)


def _hash_addresses(path: Path) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return _addresses(path).hash().to_numpy()


def _refuse_addresses(paths: Sequence[Path], hashes: Sequence[int]) -> None:
    duplicated = pl.Series(hashes, dtype=pl.UInt64)
    found = pl.concat(
        [(a := _addresses(p)).filter(a.hash().is_in(duplicated.implode())) for p in paths]
    )
    twice = found.filter(found.is_duplicated()).unique().sort().to_list()
    if twice:
        raise Rejected(KEPT.format(problem=TWICE.format(addresses=first_few(twice, FEW))))
