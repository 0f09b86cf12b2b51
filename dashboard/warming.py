"""Answers made ready as soon as there is a new snapshot, before anybody waits for them.

Until then pages show the one before: the first who came would have it verified and asked,
and everybody else would come meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product

import anyio
import anyio.to_thread

from core import snapshots
from core.days import Step
from core.errors import Unavailable
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import data, shown
from dashboard.reader_zones import reader_zones
from dashboard.turns import in_line

LOOK_SECONDS = 0.5


async def watch() -> None:
    """Warm each new snapshot, in the zones that most people look in, until cancelled."""
    warmed: Snapshot | None = None
    try:
        while True:
            warmed = await anyio.to_thread.run_sync(warm_newer, warmed)
            await anyio.sleep(LOOK_SECONDS)
    finally:
        shown.offer(None)


def warm_newer(warmed: Snapshot | None) -> Snapshot | None:
    """Warm the current snapshot unless it is `warmed`, and have it shown; return which it is."""
    try:
        newest = snapshots.current()
    except Unavailable:
        shown.offer(None)
        return None
    if newest != warmed:
        with suppress(Unavailable):  # everybody is busy: those who ask will make it warm
            for ask in _questions(newest):
                with in_line():
                    ask()
    shown.offer(newest)
    return newest


def _questions(snapshot: Snapshot) -> Iterator[Callable[[], object]]:
    """Yield what pages ask before anybody narrows them down, one by one."""
    for ask in (data.totals, data.new, data.shares, data.distribution):
        yield partial(ask, snapshot)
    for period in Period:
        yield partial(data.top_owners, snapshot, period)
    yield partial(data.owners, snapshot, OwnerFilter(), skip=0)
    yield partial(data.curve, snapshot, Period.ALL)
    for zone, step in product(reader_zones.most_common(), Step):
        yield partial(data.recent, snapshot, TrendFilter(step, zone=zone))
