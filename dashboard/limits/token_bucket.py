"""A token bucket: allows a burst, then a steady rate."""


class Bucket:
    """A token bucket (after RFC 2697) that starts full; times are in seconds."""

    def __init__(self, size: float, now: float) -> None:
        self.left = size
        self.at = now

    def take(self, *, rate: float, size: float, now: float) -> float:
        """Take a token and return 0, or take none and return the seconds until there is one."""
        self.left = min(size, self.left + (now - self.at) * rate)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / rate
        self.left -= 1
        return 0.0
