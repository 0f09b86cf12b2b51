"""Versions of rows: sent as ETag, and required in If-Match to change or delete a row."""

import re
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
VERSION = re.compile(r"[1-9][0-9]{0,9}")
NO_VERSION = 0  # no row has this version, so it never matches
ANSWERED = {
    "ETag": {
        "description": "The version; send it in If-Match to change or delete this one.",
        "schema": {"type": "string"},
        "example": '"3"',
    }
}
CREATED = ANSWERED | {
    "Location": {
        "description": "Where it is.",
        "schema": {"type": "string"},
        "example": "/api/v1/items/12",
    }
}
_PARAMETER = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version that you have read.",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
    "example": '"3"',
}
ASKED = {"parameters": [_PARAMETER]}


def etag(version: int) -> dict[str, str]:
    """Return the ETag header for a row's version."""
    return {"ETag": f'"{version}"'}


async def read_version(request: Request) -> int | None:
    """Return the version in If-Match, or None if the header is missing.

    Raises `HTTPException` 400 unless it is exactly one ETag: a list or `*` would not tell which
    version the client has read.
    """
    values = request.headers.getlist("if-match")
    if not values:
        return None
    match = ETAG.fullmatch(values[0].strip())
    if match is None or len(values) > 1:
        raise HTTPException(400, "If-Match has to be one ETag, as you read it.")
    # Weak validators never match here (RFC 9110, 13.1.1), and neither do foreign ETags.
    weak, version = match.groups()
    return NO_VERSION if weak or not VERSION.fullmatch(version) else int(version)


Version = Annotated[int | None, Depends(read_version)]
