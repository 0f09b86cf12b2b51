"""How current the data is: the snapshot shown, newer changes, and the state of refreshes."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from core import process
from core.db.engine import transaction
from core.db.refresh_models import RefreshRun
from core.errors import Unavailable
from core.refreshes import requests, rollback
from core.refreshes.requests import TROUBLE, Situation
from core.refreshes.rollback import Rollback
from core.settings import get_settings
from core.snapshots import change_log
from core.snapshots.change_log import Newer
from core.snapshots.reader import Snapshot
from dashboard.cache import pinned_snapshot
from dashboard.cache.ttl_cache import Shared

UNCHANGED = "unchanged"
SHARED_SECONDS = 1.0  # PostgreSQL is asked at most this often, however many sessions look


@dataclass(frozen=True)
class Freshness:
    """The freshness at one moment; `away` says why PostgreSQL could not be asked.

    `newer` is None if it is unknown how much newer the database is than the snapshot. `back` is set
    if somebody rolled back to an older snapshot.
    """

    snapshot: Snapshot | None
    situation: Situation = field(default_factory=Situation)
    newer: Newer | None = None
    away: str | None = None
    back: Rollback | None = None

    @property
    def running(self) -> RefreshRun | None:
        """The refresh that is requested or running."""
        return self.situation.running

    @property
    def requested(self) -> RefreshRun | None:
        """The refresh that is requested or running, if a person requested it."""
        return self.running if self.running and self.running.requested_by else None

    @property
    def latest(self) -> RefreshRun | None:
        """The refresh that ended last."""
        return self.situation.latest

    @property
    def as_of(self) -> datetime | None:
        """The latest time at which the shown data is known to be current.

        A refresh that finds no changes publishes nothing, but proves the snapshot current.
        """
        if self.snapshot is None:
            return None
        proven = self.latest.started_at if self.latest and self.found_nothing_new else None
        return max(self.snapshot.taken_at, proven or self.snapshot.taken_at)

    @property
    def found_nothing_new(self) -> bool:
        """Whether the last refresh found the shown snapshot unchanged."""
        run, snapshot = self.latest, self.snapshot
        if run is None or snapshot is None:
            return False
        return run.mode == UNCHANGED and run.generation == snapshot.generation

    @property
    def trouble(self) -> RefreshRun | None:
        """The last refresh, if it failed or was held back."""
        return self.latest if self.latest and self.latest.status in TROUBLE else None

    def outdates(self, other: "Freshness") -> bool:
        """Tell whether a page that was drawn from `other` would show other data now."""
        return self.snapshot != other.snapshot


class KnownFreshness(Shared[Freshness]):
    """What this process was last told of how current its data is."""


def read(*, newest: bool = False) -> Freshness:
    """Return how current this run's data is or, with `newest`, the data of a new run.

    All sessions of this process share the result of the queries.
    """
    snapshot = _newest() if newest else _shown()
    known = process.resource(KnownFreshness)
    return known.get(_identity(snapshot), partial(_ask, snapshot), seconds=SHARED_SECONDS)


def forget() -> None:
    """Let the next run read anew, as something was requested or made current."""
    process.resource(KnownFreshness).forget()


def fraction(run: RefreshRun) -> float:
    """Return the progress of a refresh, from 0 to 1."""
    return min(run.parts_done / run.parts_total, 1.0) if run.parts_total else 0.0


def _ask(snapshot: Snapshot | None) -> Freshness:
    back = rollback.find()
    try:
        with transaction() as db:
            situation = requests.situation(db)
            if snapshot is None:
                return Freshness(None, situation, back=back)
            manifest = snapshot.manifest
            newer = change_log.newer(
                db, store=manifest.store, token=manifest.token, pg_snapshot=manifest.pg_snapshot
            )
            return Freshness(snapshot, situation, newer, back=back)
    except Unavailable as error:
        return Freshness(snapshot, away=error.message, back=back)


def _identity(snapshot: Snapshot | None) -> Hashable:
    return (snapshot or get_settings().parquet_path, get_settings().database_url)


def _shown() -> Snapshot | None:
    try:
        return pinned_snapshot.snapshot()
    except Unavailable:
        return None


def _newest() -> Snapshot | None:
    try:
        return pinned_snapshot.newest()
    except Unavailable:
        return None
