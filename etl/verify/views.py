"""The views of a snapshot against ones computed anew from its own parts."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl

from core.snapshots.manifest import FOLDED_SINCE, File, Manifest
from core.snapshots.reader import ITEMS, ITEMS_BY_USER, RANKING_ADDED, RANKING_REMOVED, USERS
from core.text.wording import counted
from etl.extract.exported_snapshot import ExportedSnapshot, Rows
from etl.run.deadline import Limits
from etl.views import build
from etl.views.ranking import PERSON

RANKING = (ITEMS_BY_USER, RANKING_REMOVED, RANKING_ADDED)
PEOPLE = ("user_id", "email", "full_name", "is_active", "created_at", "search_text")


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


def compare(
    folder: Path, manifest: Manifest, exported_snapshot: ExportedSnapshot, limits: Limits
) -> list[ViewDifference]:
    """Return the views that differ. Memory and disk: those of a full refresh's views, twice."""
    parts = [*manifest.dataset(USERS), *manifest.dataset(ITEMS)]
    with tempfile.TemporaryDirectory(prefix="tally-views-") as place:
        fresh = Path(place)
        for dataset in (USERS, ITEMS):
            (fresh / dataset).symlink_to(folder / dataset)
        (fresh / ITEMS_BY_USER).mkdir()
        past = _past(exported_snapshot, folder, manifest)
        written = build.compute(fresh, parts, past, limits)
        return list(_differences(folder, manifest, fresh, written))


@dataclass(frozen=True)
class _Past(ExportedSnapshot):
    """The instant of a snapshot: people are as its parts have them, not as PostgreSQL does now."""

    users: tuple[Path, ...] = ()

    def ask(self, query: str, *parameters: Any) -> Rows:
        """Look people up by their ids, which is all that views ask for."""
        assert query == build.LOOK_UP, query  # noqa: S101
        people = pl.scan_parquet(list(self.users))
        if PERSON[-1] not in people.collect_schema():  # written by an earlier version
            people = people.with_columns(pl.lit(None, pl.String).alias(PERSON[-1]))
        people = people.select(PERSON)
        return people.filter(pl.col("user_id").is_in(list(parameters[0]))).collect().rows()


def _past(exported_snapshot: ExportedSnapshot, folder: Path, manifest: Manifest) -> _Past:
    known = {
        field.name: getattr(exported_snapshot, field.name) for field in fields(exported_snapshot)
    }
    users = tuple(folder / file.path for file in manifest.dataset(USERS))
    return _Past(**{**known, "taken_at": manifest.taken_at}, users=users)


def _differences(
    folder: Path, manifest: Manifest, fresh: Path, written: list[File]
) -> Iterator[ViewDifference]:
    then = {file.path for file in manifest.files if file.part is None}
    now = {file.path for file in written}
    for view in sorted((then | now) - _ranking_files(then | now)):
        old, new = (
            pl.read_parquet(root / view) if view in known else None
            for root, known in ((folder, then), (fresh, now))
        )
        yield from _compare(view, old, new)
    ranking_now = Manifest.model_copy(manifest, update={"files": tuple(written)})
    rankings = _ranking(folder, manifest), _ranking(fresh, ranking_now)
    if manifest.layout < FOLDED_SINCE:  # what its searches looked through was made otherwise
        rankings = rankings[0].drop("search"), rankings[1].drop("search")
    yield from _compare(ITEMS_BY_USER, *rankings)


def _ranking_files(paths: set[str]) -> set[str]:
    return {path for path in paths if path in RANKING or path.startswith(f"{ITEMS_BY_USER}/")}


def _ranking(folder: Path, manifest: Manifest) -> pl.DataFrame:
    """Return the ranking as readers see it: without who left, with who joined."""
    whole = pl.read_parquet([folder / file.path for file in manifest.dataset(ITEMS_BY_USER)])
    stayed = whole.join(pl.read_parquet(folder / RANKING_REMOVED), on="place", how="anti").drop(
        "place"
    )
    joined = pl.read_parquet(folder / RANKING_ADDED).drop("rank")
    ranked = pl.concat([stayed, joined.select(stayed.columns)])
    return ranked.sort("item_count", "user_id", descending=[True, False])


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
