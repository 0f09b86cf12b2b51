"""The end of a process that makes no progress, by a thread that needs no interpreter for it."""

import faulthandler

STANDARD_ERROR = 2


class Watchdog:
    """Ends the process with status 1 unless it is fed every so many seconds; 0 turns it off.

    The stacks of all threads go to standard error first. Its clock stands still while the machine
    is suspended, and goes on while the process alone is stopped.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def feed(self, seconds: float = 0.0) -> None:
        """Wait anew, from now on, and for `seconds` when that is longer."""
        if self.seconds:
            # Then nothing of Python can end it: a thread may hold the interpreter for good, and no
            # signal is handled.
            faulthandler.dump_traceback_later(
                max(seconds, self.seconds), exit=True, file=STANDARD_ERROR
            )

    def stop(self) -> None:
        """End nothing any more."""
        if self.seconds:
            faulthandler.cancel_dump_traceback_later()
