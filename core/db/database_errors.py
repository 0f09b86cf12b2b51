"""Translates PostgreSQL's errors for the person whose change they stopped."""

from psycopg2 import Error

DISK_FULL = (
    "The database's disk is full, so nothing was saved. Ask whoever runs Tally to free some space,"
    " then try again."
)
NO_MEMORY = (
    "The database ran out of memory, so nothing was saved. Please try again in a moment, and tell"
    " whoever runs Tally if it happens again."
)
NO_CONNECTION = (
    "The database has no connection left, so nothing was saved. Please try again in a moment."
)
NO_RESOURCES = (
    "The database is at one of its limits, so nothing was saved. Please try again in a moment, and"
    " tell whoever runs Tally if it happens again."
)
DISK_FAILS = (
    "The database can't use its disk, so nothing was saved. Tell whoever runs Tally; its log says"
    " more."
)
READ_ONLY = (
    "The database is read-only right now, so nothing was saved. Please try again later, and tell"
    " whoever runs Tally if it stays so."
)
NOT_READY = (
    "The database is starting up or shutting down, so nothing was saved. Please try again in a"
    " moment."
)
OVERTAKEN = "Somebody else changed this at the same moment, so nothing was saved. Please try again."
TOO_SLOW = "The database took too long to answer, so this was stopped and nothing was saved."

# https://www.postgresql.org/docs/current/errcodes-appendix.html: by code, then by class.
BY_CODE = {
    "53100": DISK_FULL,
    "53200": NO_MEMORY,
    "53300": NO_CONNECTION,
    "53": NO_RESOURCES,
    "58": DISK_FAILS,
    "25006": READ_ONLY,
    "57P03": NOT_READY,
    "57014": TOO_SLOW,  # query_canceled
    "55P03": TOO_SLOW,  # lock_not_available
}
# A refused connection has no code, only the server's text, in English unless `lc_messages` is set.
BY_TEXT = {
    "No space left on device": DISK_FULL,
    "too many clients": NO_CONNECTION,
    "too many connections": NO_CONNECTION,
    "connection slots are reserved": NO_CONNECTION,
    "starting up": NOT_READY,
    "shutting down": NOT_READY,
    "in recovery mode": NOT_READY,
    "not yet accepting connections": NOT_READY,
}


def explain(error: Error) -> str | None:
    """Return a message that explains the error, or None if there is none for it."""
    code = error.pgcode or ""
    if found := BY_CODE.get(code) or BY_CODE.get(code[:2]):
        return found
    if code:
        return None
    return next((words for text, words in BY_TEXT.items() if text in str(error)), None)
