"""Reads request bodies: small, uncompressed, well-formed JSON, parsed strictly."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from core.errors import Invalid

LARGEST = 65_536  # bytes; many times what the longest item needs
DEEPEST = 32
JSON = "application/json"
NOT_JSON = "The body is not well-formed JSON: {}."
ONE_OBJECT = "Send one JSON object."


async def read_object(request: Request) -> dict[str, object]:
    """Return the JSON object in a request's body.

    Raises `HTTPException` 413 if it is too large, 415 if its type is not JSON, and 400 if it is not
    well-formed; raises `Invalid` for JSON that is not an object.
    """
    _check_kind(request)
    value = parse(await _read(request))
    if not isinstance(value, dict):
        raise Invalid({"body": ONE_OBJECT})
    return value


JsonObject = Annotated[dict[str, object], Depends(read_object)]


def parse(body: bytes) -> object:
    """Parse a body as JSON; raise `HTTPException` 400.

    It also refuses what JSON parsers treat differently: duplicate keys, NaN and Infinity, and deep
    nesting.
    """
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
        )
        _check_depth(value, DEEPEST)
    except RecursionError:
        _refuse("it is nested too deeply")
    except ValueError as error:  # malformed JSON or UTF-8, or a number of thousands of digits
        _refuse(str(error).partition(":")[0])
    return value


def described(*forms: type[BaseModel], example: Mapping[str, object]) -> dict[str, Any]:
    """Return the OpenAPI description of a body that must match one of `forms`."""
    schemas: Sequence[dict[str, Any]] = [form.model_json_schema() for form in forms]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    content = {JSON: {"schema": schema, "example": dict(example)}}
    return {"requestBody": {"required": True, "content": content}}


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise HTTPException(415, f"Send the body as {JSON}.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(400, "Send the body as it is, not compressed.")


async def _read(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > LARGEST:
        _refuse_size()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            _refuse_size()
    return bytes(body)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is there twice")
    if not all(key.isprintable() for key in values):  # a key may come back in an error
        raise ValueError("a key has a character that cannot be shown")
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _check_depth(value: object, left: int) -> None:
    if isinstance(value, dict | list):
        if left == 0:
            raise RecursionError
        for part in value.values() if isinstance(value, dict) else value:
            _check_depth(part, left - 1)


def _refuse(why: str) -> NoReturn:
    raise HTTPException(400, NOT_JSON.format(why))


def _refuse_size() -> NoReturn:
    raise HTTPException(413, f"Send a body of at most {LARGEST:,} bytes.")
