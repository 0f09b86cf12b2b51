"""How often something may be done: so many at once, and then so many a second."""


class Bucket:
    """A token bucket (after RFC 2697): full at first, emptied by who takes, filled by time."""

    def __init__(self, size: float, now: float) -> None:
        self.left = size
        self.at = now

    def take(self, *, rate: float, size: float, now: float) -> float:
        """Take one out; return 0, or the seconds until there is one to take."""
        self.left = min(size, self.left + (now - self.at) * rate)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / rate
        self.left -= 1
        return 0.0
