"""Versions of rows: told as ETag, and asked for as If-Match before a row is changed or deleted."""

import re
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
VERSION = re.compile(r"[1-9][0-9]{0,9}")
NO_VERSION = 0  # which no row ever has
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
    """Return the header that tells a row's version."""
    return {"ETag": f'"{version}"'}


async def read_version(request: Request) -> int | None:
    """Return the version that If-Match names; None when there is no such header.

    Raises 400 for anything but one ETag: a list or an asterisk would not say what was read.
    """
    values = request.headers.getlist("if-match")
    if not values:
        return None
    match = ETAG.fullmatch(values[0].strip())
    if match is None or len(values) > 1:
        raise HTTPException(400, "If-Match has to be one ETag, as you read it.")
    # Weak validators never match here (RFC 9110, 13.1.1), and neither does what is not ours.
    weak, version = match.groups()
    return NO_VERSION if weak or not VERSION.fullmatch(version) else int(version)


Version = Annotated[int | None, Depends(read_version)]
