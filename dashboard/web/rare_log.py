"""A log that does not grow with what somebody does to the server."""

import logging
import time

SECONDS = 60.0


class SeldomLog:
    """Writes each text at most once a minute, and how often it was not written meanwhile."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, tuple[float, int]] = {}  # when last, and how often since

    def warning(self, text: str, *values: object) -> None:
        """Write `text % values`, unless the text was written within the last minute."""
        now = time.monotonic()
        last, more = self._said.get(text, (-SECONDS, 0))
        if now - last < SECONDS:
            self._said[text] = (last, more + 1)
            return
        self._said[text] = (now, 0)
        self._log.warning(f"{text}%s", *values, f" ({more:,} more times before)" if more else "")
