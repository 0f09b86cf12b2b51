"""The views of a snapshot against ones computed anew from its own parts."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from core.snapshots.manifest import FOLDED_SINCE, File, Manifest
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED, USERS
from core.text.wording import counted
from etl.run.deadline import Limits
from etl.views import build, people, ranking
from etl.views.staged import StagedSnapshot

RANKING = (ITEMS_BY_USER, RANKING_REMOVED, RANKING_ADDED)


@dataclass(frozen=True)
class ViewDifference:
    """Rows of one view that are only in the snapshot, or only in what its parts add up to."""

    view: str
    surplus: int
    missing: int

    def __str__(self) -> str:
        return (
            f"{self.view}: {counted(self.surplus, 'row')} beyond what its parts add up to,"
            f" and {self.missing:,} missing"
        )


def compare(folder: Path, manifest: Manifest, limits: Limits) -> list[ViewDifference]:
    """Return the views that differ. Memory and disk: those of a full refresh's views, twice."""
    partitions = (*manifest.dataset(USERS), *manifest.dataset(ITEMS))
    # People are as the snapshot's partitions have them, not as PostgreSQL does now.
    users = [folder / file.path for file in manifest.dataset(USERS)]
    with tempfile.TemporaryDirectory(prefix="tally-views-") as place:
        fresh = Path(place)
        for dataset in (USERS, ITEMS):
            (fresh / dataset).symlink_to(folder / dataset)
        (fresh / ITEMS_BY_USER).mkdir()
        look_up = partial(people.find, users)
        written = build.compute(
            StagedSnapshot(fresh, partitions, manifest.taken_at, limits, look_up)
        )
        return list(_differences(folder, manifest, fresh, written))


def _differences(
    folder: Path, manifest: Manifest, fresh: Path, written: list[File]
) -> Iterator[ViewDifference]:
    then = {file.path for file in manifest.files if file.partition is None}
    now = {file.path for file in written}
    for view in sorted((then | now) - _ranking_files(then | now)):
        old, new = (
            pl.read_parquet(root / view) if view in known else None
            for root, known in ((folder, then), (fresh, now))
        )
        yield from _compare(view, old, new)
    rankings = ranking.read(folder, manifest.files), ranking.read(fresh, written)
    if manifest.layout < FOLDED_SINCE:  # what its searches looked through was made otherwise
        rankings = rankings[0].drop("search"), rankings[1].drop("search")
    yield from _compare(ITEMS_BY_USER, *rankings)


def _ranking_files(paths: set[str]) -> set[str]:
    return {path for path in paths if path in RANKING or path.startswith(f"{ITEMS_BY_USER}/")}


def _compare(
    view: str, old: pl.DataFrame | None, new: pl.DataFrame | None
) -> Iterator[ViewDifference]:
    if old is None or new is None or old.columns != new.columns:
        yield ViewDifference(view, 0 if old is None else len(old), 0 if new is None else len(new))
        return
    surplus = old.join(new, on=old.columns, how="anti", nulls_equal=True)
    missing = new.join(old, on=old.columns, how="anti", nulls_equal=True)
    if len(surplus) or len(missing):
        yield ViewDifference(view, len(surplus), len(missing))
