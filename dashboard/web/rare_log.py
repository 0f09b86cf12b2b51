"""Rate-limited logging, so that a client cannot flood the log."""

import logging
import time

SECONDS = 60.0


class SeldomLog:
    """Writes each message at most once a minute, with the number of those left out."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, tuple[float, int]] = {}  # time of the last one, number left out since

    def warning(self, text: str, *values: object) -> None:
        """Log `text % values`, unless the same text was logged within the last minute."""
        now = time.monotonic()
        last, more = self._said.get(text, (-SECONDS, 0))
        if now - last < SECONDS:
            self._said[text] = (last, more + 1)
            return
        self._said[text] = (now, 0)
        self._log.warning(f"{text}%s", *values, f" ({more:,} more times before)" if more else "")
