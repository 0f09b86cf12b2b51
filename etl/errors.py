"""Why a refresh ends without a new snapshot, or does more than was thought; for people to read."""

from core.errors import Unavailable

KEPT = "{problem} The last snapshot stays in use."


class Rejected(Unavailable):
    """The snapshot is wrong and must not be published."""


class Held(Unavailable):
    """The snapshot may be right, but a superuser has to say so."""
