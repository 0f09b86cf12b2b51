"""How current the data is: what is shown, which refresh runs, and how the last one went."""

from dataclasses import dataclass
from datetime import datetime

from core import refreshes, snapshots
from core.actors import Actor
from core.database import transaction
from core.errors import Unavailable
from core.models import RefreshRun
from core.snapshots import Snapshot
from dashboard import data

UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Freshness:
    """What was known at one moment; `away` says why PostgreSQL could not be asked."""

    snapshot: Snapshot | None
    running: RefreshRun | None = None
    latest: RefreshRun | None = None
    away: str | None = None

    @property
    def as_of(self) -> datetime | None:
        """The newest moment at which the data shown is known to have been true.

        A refresh that finds nothing changed publishes nothing, and proves the snapshot current.
        """
        if self.snapshot is None:
            return None
        proven = self.latest.started_at if self.latest and self.found_nothing_new else None
        return max(self.snapshot.taken_at, proven or self.snapshot.taken_at)

    @property
    def found_nothing_new(self) -> bool:
        """Whether the last refresh found the snapshot that is shown to be current."""
        run, snapshot = self.latest, self.snapshot
        if run is None or snapshot is None:
            return False
        return run.mode == UNCHANGED and run.generation == snapshot.generation

    def outdates(self, shown: "Freshness") -> bool:
        """Tell whether a page that shows `shown` should be drawn anew."""
        if self.away:
            return False  # the page has its data; only the line above it changes
        return self.snapshot != shown.snapshot or bool(self.running) != bool(shown.running)


def read(*, newest: bool = False) -> Freshness:
    """Return how current the data of this run is, or, with `newest`, what a new run would show."""
    snapshot = _newest() if newest else _shown()
    try:
        with transaction() as db:
            return Freshness(snapshot, refreshes.open_run(db), refreshes.latest_finished(db))
    except Unavailable as error:
        return Freshness(snapshot, away=error.message)


def request(actor: Actor) -> None:
    """Ask for a refresh, or join the one that runs; raise `Forbidden` or `Unavailable`."""
    with transaction() as db:
        refreshes.request_refresh(db, actor=actor)
    refreshes.wake()


def release(actor: Actor) -> None:
    """Ask for the refresh that was held back to be published; raise `Forbidden` or `NotFound`."""
    with transaction() as db:
        refreshes.release_held(db, actor=actor)
    refreshes.wake()


def fraction(run: RefreshRun) -> float:
    """Return how much of a refresh is done, from 0 to 1."""
    return min(run.parts_done / run.parts_total, 1.0) if run.parts_total else 0.0


def progress(run: RefreshRun) -> str:
    """Return in words where a refresh is."""
    if run.status == "requested":
        return "Waiting to start"
    step = (run.step or "starting").replace("_", " ").capitalize()
    return f"{step}: {run.parts_done:,} of {run.parts_total:,}" if run.parts_total else step


def _shown() -> Snapshot | None:
    try:
        return data.snapshot()
    except Unavailable:
        return None


def _newest() -> Snapshot | None:
    try:
        return snapshots.current()
    except Unavailable:
        return None
