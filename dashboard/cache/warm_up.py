"""Warms the caches for each new snapshot before any page shows it.

Until then, pages show the previous snapshot. Otherwise the first visitor would wait while the new
one is verified and queried, and everybody else would pile up behind them.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product

import anyio.to_thread

from core import process
from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.errors import Unavailable
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from core.telemetry.supervision import Watcher
from dashboard.cache import answers, pinned_snapshot
from dashboard.cache.reader_zones import ReaderZones
from dashboard.cache.run_queue import RunQueue

LOOK_SECONDS = 0.5


class Warming:
    """Watches for new snapshots and warms them."""

    def __init__(self) -> None:
        self.watcher = Watcher("The watch for new snapshots", every=LOOK_SECONDS)
        self._warmed: Snapshot | None = None

    async def watch(self) -> None:
        """Warm each new snapshot, in the most common time zones, until cancelled."""
        try:
            await self.watcher.run(self._look)
        finally:
            pinned_snapshot.offer(None)

    async def _look(self) -> None:
        look = partial(warm_newer, self._warmed, progress=self.watcher.progress)
        self._warmed = await anyio.to_thread.run_sync(look)


def warm_newer(
    warmed: Snapshot | None, *, progress: Callable[[], None] = lambda: None
) -> Snapshot | None:
    """Warm the current snapshot, unless it is `warmed`, and let pages show it; return it.

    `progress` is called after each query.
    """
    try:
        newest = reader.current()
    except Unavailable:
        pinned_snapshot.offer(None)
        return None
    if newest != warmed:
        with suppress(Unavailable):  # DuckDB is too busy; the first visitors will warm it
            for ask in _queries(newest):
                with process.resource(RunQueue).slot():
                    ask()
                progress()
    pinned_snapshot.offer(newest)
    return newest


def _queries(snapshot: Snapshot) -> Iterator[Callable[[], object]]:
    """Yield the queries of all pages without filters."""
    for ask in (answers.totals, answers.new, answers.shares, answers.distribution):
        yield partial(ask, snapshot)
    for period in Period:
        yield partial(answers.top_owners, snapshot, period)
    yield partial(answers.owners, snapshot, OwnerFilter(), skip=0)
    yield partial(answers.curve, snapshot, Period.ALL)
    for zone, step in product(process.resource(ReaderZones).most_common(), Step):
        yield partial(answers.recent, snapshot, TrendFilter(step, zone=zone))
