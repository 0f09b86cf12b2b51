"""The errors that cross a room's wall: each message is written for the person who reads it."""

import math
from collections.abc import Mapping

from core.actor import Refused


class TallyError(Exception):
    """An error whose message is safe and helpful to show."""

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(TallyError):
    """What was asked for does not exist, or no longer does."""

    status = 404


class Forbidden(TallyError):
    """The actor may not do this; when it says what was `refused`, that is noted in the audit."""

    status = 403

    def __init__(self, message: str, *, refused: Refused | None = None) -> None:
        super().__init__(message)
        self.refused = refused


class Conflict(TallyError):
    """The row changed since it was read; `current` holds its present values by field."""

    status = 409

    def __init__(self, message: str, *, current: Mapping[str, object]) -> None:
        super().__init__(message)
        self.current = current


class VersionNeeded(TallyError):
    """A change that does not say which version of the row it was made from."""

    status = 428


class Invalid(TallyError):
    """Input that cannot be accepted; `fields` says why, by field name."""

    status = 422

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class Unavailable(TallyError):
    """Something Tally depends on is away; trying again later may work."""

    status = 503


class Overtaken(Unavailable):
    """Somebody else changed the same rows at the same moment; trying again will work."""

    status = 409


class TooMany(TallyError):
    """Too much was asked for; after `seconds` it may be asked again."""

    status = 429

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = math.ceil(seconds)
