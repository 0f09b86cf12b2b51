"""The errors that rooms raise to their callers; each message is written for people."""

import math
from collections.abc import Mapping

from core.actor import Refused


class TallyError(Exception):
    """An error whose message is safe to show to people; `status` is its HTTP status."""

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(TallyError):
    """What was requested does not exist, or no longer does."""

    status = 404


class Forbidden(TallyError):
    """The actor may not do this; if `refused` is set, the audit records it."""

    status = 403

    def __init__(self, message: str, *, refused: Refused | None = None) -> None:
        super().__init__(message)
        self.refused = refused


class Conflict(TallyError):
    """The row changed since it was read; `current` holds its current values by field."""

    status = 409

    def __init__(self, message: str, *, current: Mapping[str, object]) -> None:
        super().__init__(message)
        self.current = current


class VersionNeeded(TallyError):
    """The request does not say which version of the row it changes."""

    status = 428


class Invalid(TallyError):
    """The input is not valid; `fields` holds a message for each field by name."""

    status = 422

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class Unavailable(TallyError):
    """Something that Tally depends on is unavailable; trying again later may work."""

    status = 503


class Overtaken(Unavailable):
    """Another transaction changed the same rows at the same moment; trying again will work."""

    status = 409


class TooMany(TallyError):
    """Too many requests; the next one is allowed after `seconds`."""

    status = 429

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = math.ceil(seconds)
