"""Paths: how a row's id is written in them, and which methods each one allows."""

import re

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor


class RowId(Convertor[int]):
    """The converter for an id in a path; a path with anything else there is unknown (404)."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> int:
        """Return the id of a path segment."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return the path segment of an id."""
        return str(value)


register_url_convertor("row", RowId())


def allowed_methods(api: FastAPI, path: str) -> str:
    """Return all methods of a path for `Allow`; the framework would list only some of them."""
    for template, operations in api.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", RowId.regex, template), path):
            return ", ".join(sorted(method.upper() for method in operations))
    return "GET"
