"""Answers made ready as soon as there is a new snapshot, before anybody waits for them."""

from contextlib import suppress

import anyio
import anyio.to_thread

from core import snapshots
from core.days import Step
from core.errors import Unavailable
from core.owner_filter import OwnerFilter
from core.periods import COMPARED, Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import data, drawings, moments
from dashboard.trend_choice import NOUNS

LOOK_SECONDS = 1.0


async def watch() -> None:
    """Warm each new snapshot, in the zones of those who looked last, until cancelled.

    Opening it verifies its files, for which the first reader would wait too.
    """
    warmed: Snapshot | None = None
    while True:
        warmed = await anyio.to_thread.run_sync(warm_newer, warmed)
        await anyio.sleep(LOOK_SECONDS)


def warm_newer(warmed: Snapshot | None) -> Snapshot | None:
    """Warm the current snapshot unless it is `warmed`; return which one is warm now."""
    with suppress(Unavailable):  # none yet, or everybody is busy: those who ask will make it warm
        newest = snapshots.current()
        if newest != warmed:
            for zone in moments.seen():
                _warm(newest, zone=zone)
        return newest
    return warmed


def _warm(snapshot: Snapshot, *, zone: str) -> None:
    """Ask now what every page asks first, and draw what it draws first."""
    data.totals(snapshot)
    data.new(snapshot)
    data.shares(snapshot)
    drawings.distribution(snapshot)
    for period in Period:
        drawings.top_owners(snapshot, period)
    for noun in NOUNS:
        for period in COMPARED:
            drawings.course(snapshot, noun, period, TrendFilter(Step.DAY, zone=zone))
        drawings.created(snapshot, noun, TrendFilter(Step.WEEK, zone=zone))
    drawings.trend(snapshot, "items", TrendFilter(Step.WEEK, zone=zone), total=False)
    _warm_owners(snapshot)


def _warm_owners(snapshot: Snapshot) -> None:
    everybody = OwnerFilter()
    ranks = data.owners(snapshot, everybody, skip=0).rows["rank"]
    if len(ranks):
        drawings.ranks(snapshot, everybody, skip=0)
        drawings.curve(snapshot, everybody.period, first=ranks[0], last=ranks[-1])
