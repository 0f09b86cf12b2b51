"""Files that people check against the receipts: hashed as they come in, and not kept."""

import hashlib
from typing import BinaryIO

import anyio.to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dashboard import html_pages

PATH = "/checks"
FIELD = "file"
LARGEST = 4 * 2**30  # bytes
PART = 2**20
NOT_CHECKED = "This could not be checked"
TOO_LARGE = "Files of up to 4 GB can be checked. For a larger one, paste its SHA-256 instead."
NO_FILE = "There was no file. Please choose one, or drop it on the field."


def routes() -> list[Route]:
    """Return the route that takes files."""
    return [Route(PATH, check, methods=["POST"])]


async def check(request: Request) -> Response:
    """Hash a file, and lead to the page that says what is known about it.

    The file goes through a temporary one on disk, so memory does not grow with it.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST:
        return html_pages.message(request, 413, NOT_CHECKED, TOO_LARGE)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get(FIELD)
        if not isinstance(file, UploadFile) or not file.filename:
            return html_pages.message(request, 422, NOT_CHECKED, NO_FILE)
        sha256 = await anyio.to_thread.run_sync(_hash, file.file)
    return RedirectResponse(f"/check_file?sha256={sha256}", status_code=303)


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while part := file.read(PART):
        digest.update(part)
    return digest.hexdigest()
