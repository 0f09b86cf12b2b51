"""Paths: what counts as a row's id in them, and which methods each one has."""

import re

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor


class RowId(Convertor[int]):
    """An id as it stands in a path; whatever else stands there is no path of ours."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return what stands in the path."""
        return str(value)


register_url_convertor("row", RowId())


def allowed_methods(api: FastAPI, path: str) -> str:
    """Return what `Allow` says of a path: all its methods, where the framework names but some."""
    for template, operations in api.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", RowId.regex, template), path):
            return ", ".join(sorted(method.upper() for method in operations))
    return "GET"
