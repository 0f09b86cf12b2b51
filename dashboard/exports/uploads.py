"""File checks: hashes an uploaded file while it arrives, to find its receipt; stores nothing."""

import asyncio
import hashlib
import logging

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.errors import TallyError
from core.exports.places import Places
from dashboard.web import html_pages
from dashboard.web.rare_log import SeldomLog

PATH = "/checks"
FIELD = "file"
LARGEST = 4 * 2**30  # bytes
MOST_SECONDS = 1800.0  # 4 GB at 2.4 MB a second
NOT_CHECKED = "This could not be checked"
TOO_LARGE = "Files of up to 4 GB can be checked. For a larger one, paste its SHA-256 instead."
TOO_SLOW = "This took longer than 30 minutes, so it was stopped. Paste the file's SHA-256 instead."
NO_FILE = "There was no file. Please choose one, or drop it on the field."
BUSY = "Many files are being checked. Please try again when some of them are done."
OWN = "You are already checking two files. Please try again when one of them is done."


class Checks:
    """The upload route; it limits uploads in total and per person.

    Hashing runs on the event loop, about 0.1 ms for each chunk.
    """

    def __init__(self) -> None:
        self.places = Places(8, 2, BUSY, OWN)
        self._log = SeldomLog(logging.getLogger(__name__))

    def routes(self) -> list[Route]:
        """Return the upload route."""
        return [Route(PATH, self.check, methods=["POST"])]

    async def check(self, request: Request) -> Response:
        """Hash the uploaded file, and redirect to the page about its receipt."""
        person = request.user.id
        try:
            with self.places.taken(person):
                async with asyncio.timeout(MOST_SECONDS):
                    sha256 = await _hash(request)
        except TallyError as error:
            self._log.warning("A file of user %s was not checked: %s", person, error.message)
            return html_pages.message(request, error.status, NOT_CHECKED, error.message)
        except TimeoutError:
            self._log.warning("A file of user %s took too long to check", person)
            return html_pages.message(request, 408, NOT_CHECKED, TOO_SLOW)
        return RedirectResponse(f"/check_file?sha256={sha256}", status_code=303)


class NotChecked(TallyError):
    """The request holds no file, or one that is too large."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Upload:
    """Parses a multipart form chunk by chunk, and hashes the first file in it."""

    def __init__(self, boundary: bytes) -> None:
        self.sha256 = ""
        self._name = b""
        self._value = b""
        self._digest: hashlib._Hash | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_header,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
            },
        )

    def write(self, piece: bytes) -> None:
        """Parse the next chunk; raise `FormParserError` if it is no form."""
        self._parser.write(piece)

    def _begin_header(self) -> None:
        self._name, self._value = b"", b""

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition" and not self.sha256:
            _, options = parse_options_header(self._value)
            if options.get(b"name") == FIELD.encode() and options.get(b"filename"):
                self._digest = hashlib.sha256()
        self._begin_header()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._digest:
            self._digest.update(memoryview(data)[start:end])

    def _end_part(self) -> None:
        if self._digest:
            self.sha256, self._digest = self._digest.hexdigest(), None


async def _hash(request: Request) -> str:
    """Return the SHA-256 of the file in a form; raise `NotChecked`."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST:
        raise NotChecked(413, TOO_LARGE)
    _, options = parse_options_header(request.headers.get("content-type"))
    if not options.get(b"boundary"):
        raise NotChecked(422, NO_FILE)
    upload, size = _Upload(options[b"boundary"]), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST:  # the Content-Length header may be wrong
                raise NotChecked(413, TOO_LARGE)
            upload.write(piece)
    except FormParserError as error:
        raise NotChecked(422, NO_FILE) from error
    if not upload.sha256:
        raise NotChecked(422, NO_FILE)
    return upload.sha256
