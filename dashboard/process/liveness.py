"""Whether the process does what it is there for; when it does not for good, it ends itself.

A supervisor starts it anew. A process that goes on without the watch over ended sessions, say,
would look well to everybody and would not be.
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
STOP_SECONDS = 30.0  # for all that has to be released when Tally ends
BEATS = 12  # at least, before the watchdog ends the process for want of one
GAVE_UP = "Tally ended itself, so that it can be started anew: {}."

log = logging.getLogger(__name__)
Check = Callable[[], str | None]


def end_process() -> None:
    """Have the web server shut down, as an operator would."""
    os.kill(os.getpid(), signal.SIGTERM)


class Liveness:
    """What Tally counts on while it serves, and what is wrong with it.

    `gave_up` says why the process was ended, once it was.
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
        """Count on something; a check says in words what is wrong with it, or None.

        It is asked on the event loop, and must not wait.
        """
        self._checks += checks

    def troubles(self) -> list[str]:
        """Return in words what is wrong at this moment."""
        found = [check() for check in (self.watcher.trouble, *self._checks)]
        return [trouble for trouble in found if trouble]

    async def watch(self) -> None:
        """Feed the watchdog, until cancelled, while the event loop turns and threads get to run.

        What is wrong for two beats in a row ends the process.
        """
        try:
            await self.watcher.run(self._beat)
        finally:
            self._watchdog.feed(STOP_SECONDS)  # an end that hangs is none

    def stop(self) -> None:
        """Let the process go on without a watchdog, unless it is to end."""
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
    """Show that a thread can be had, and runs."""
