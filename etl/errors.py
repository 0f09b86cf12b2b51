"""Errors that end a refresh without a new snapshot; the messages are for people."""

from core.errors import Unavailable

KEPT = "{problem} The last snapshot stays in use."


class Rejected(Unavailable):
    """The snapshot is wrong and must not be published."""


class Held(Unavailable):
    """The snapshot lost so many rows that a superuser has to accept it."""
