"""Answers made ready as soon as there is a new snapshot, before anybody waits for them."""

from contextlib import suppress

import anyio
import anyio.to_thread

from core import snapshots
from core.errors import Unavailable
from core.snapshots import Snapshot
from dashboard import data, moments

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
                data.warm(newest, zone=zone)
        return newest
    return warmed
