"""Checks that all background work is running; if some has stopped for good, the process ends.

A supervisor restarts it. Otherwise a process without, say, the watch over ended sessions would
look healthy and would not be.
"""

import logging
import os
import signal
from collections.abc import Callable

import anyio.to_thread
from anyio import CapacityLimiter

from core.telemetry.supervision import Watcher
from dashboard.process.watchdog import Watchdog

BEAT_SECONDS = 5.0
STOP_SECONDS = 30.0  # time to release all resources at shutdown
BEATS = 12  # heartbeats that must be missed before the watchdog ends the process, at least
GAVE_UP = "Tally ended itself, so that it can be started anew: {}."

log = logging.getLogger(__name__)
Check = Callable[[], str | None]


def end_process() -> None:
    """Shut the web server down with SIGTERM, as an operator would."""
    os.kill(os.getpid(), signal.SIGTERM)


class Liveness:
    """The checks that must pass while Tally serves; if one keeps failing, the process ends.

    `gave_up` says why, once it has done so.
    """

    def __init__(self, watchdog: Watchdog, *, end: Callable[[], None] = end_process) -> None:
        seconds = min(BEAT_SECONDS, watchdog.seconds / BEATS or BEAT_SECONDS)
        self.watcher = Watcher("The heartbeat", every=seconds)
        self.gave_up: str | None = None
        self._watchdog = watchdog
        self._end = end
        self._checks: list[Check] = []
        self._was_wrong = False
        self._thread = CapacityLimiter(1)

    def expect(self, *checks: Check) -> None:
        """Add checks; a check returns a message that says what is wrong, or None.

        Checks run on the event loop and must not block.
        """
        self._checks += checks

    def troubles(self) -> list[str]:
        """Return messages about what is wrong now."""
        results = [check() for check in (self.watcher.trouble, *self._checks)]
        return [trouble for trouble in results if trouble]

    async def watch(self) -> None:
        """Feed the watchdog until cancelled, as long as the event loop and threads make progress.

        A check that fails at two heartbeats in a row ends the process.
        """
        try:
            await self.watcher.run(self._beat)
        finally:
            self._watchdog.feed(STOP_SECONDS)  # a shutdown that hangs must end as well

    def stop(self) -> None:
        """Stop the watchdog, unless the process is to end."""
        if self.gave_up is None:
            self._watchdog.stop()

    async def _beat(self) -> None:
        await anyio.to_thread.run_sync(_take_the_interpreter, limiter=self._thread)
        if self.gave_up is not None:
            return
        self._watchdog.feed()
        troubles = self.troubles()
        if troubles and self._was_wrong:
            self.gave_up = GAVE_UP.format("; ".join(troubles))
            log.critical(self.gave_up)
            self._end()
        self._was_wrong = bool(troubles)


def _take_the_interpreter() -> None:
    """Do nothing: that this returns shows that a thread is available and runs."""
