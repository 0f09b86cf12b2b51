"""Ends a process that makes no progress, from a C thread that does not need the interpreter."""

import faulthandler

STANDARD_ERROR = 2


class Watchdog:
    """Ends the process with status 1 unless it is fed every `seconds`; 0 turns it off.

    It first writes the stacks of all threads to standard error. Its clock pauses while the machine
    is suspended, but not while only the process is stopped.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def feed(self, seconds: float = 0.0) -> None:
        """Restart the countdown, with `seconds` if that is longer than the default."""
        if self.seconds:
            # faulthandler works even if a thread never releases the interpreter lock, when neither
            # Python code nor signal handlers can run.
            faulthandler.dump_traceback_later(
                max(seconds, self.seconds), exit=True, file=STANDARD_ERROR
            )

    def stop(self) -> None:
        """Turn the watchdog off."""
        if self.seconds:
            faulthandler.cancel_dump_traceback_later()
