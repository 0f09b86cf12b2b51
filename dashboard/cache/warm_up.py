"""Answers made ready as soon as there is a new snapshot, before anybody waits for them.

Until then pages show the one before: the first who came would have it verified and asked,
and everybody else would come meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product

import anyio.to_thread

from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.errors import Unavailable
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from core.telemetry.supervision import Watcher
from dashboard.cache import answers, pinned_snapshot
from dashboard.cache.reader_zones import reader_zones
from dashboard.cache.run_queue import run_queue

LOOK_SECONDS = 0.5


class Warming:
    """The watch for new snapshots, and which of them is warm."""

    def __init__(self) -> None:
        self.watcher = Watcher("The watch for new snapshots", every=LOOK_SECONDS)
        self._warmed: Snapshot | None = None

    async def watch(self) -> None:
        """Warm each new snapshot, in the zones that most people look in, until cancelled."""
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
    """Warm the current snapshot unless it is `warmed`, and have it shown; return which it is.

    `progress` is called after each answer, as there may be many of them.
    """
    try:
        newest = reader.current()
    except Unavailable:
        pinned_snapshot.offer(None)
        return None
    if newest != warmed:
        with suppress(Unavailable):  # everybody is busy: those who ask will make it warm
            for ask in _questions(newest):
                with run_queue.slot():
                    ask()
                progress()
    pinned_snapshot.offer(newest)
    return newest


def _questions(snapshot: Snapshot) -> Iterator[Callable[[], object]]:
    """Yield what pages ask before anybody narrows them down, one by one."""
    for ask in (answers.totals, answers.new, answers.shares, answers.distribution):
        yield partial(ask, snapshot)
    for period in Period:
        yield partial(answers.top_owners, snapshot, period)
    yield partial(answers.owners, snapshot, OwnerFilter(), skip=0)
    yield partial(answers.curve, snapshot, Period.ALL)
    for zone, step in product(reader_zones.most_common(), Step):
        yield partial(answers.recent, snapshot, TrendFilter(step, zone=zone))
