"""Downloads for signed-in people: datasets and pictures, in the format that they choose."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import NotFound, TallyError
from core.exports import query as order_query
from core.exports.catalog import find_question
from core.exports.export import Order
from core.exports.formats import FORMATS
from dashboard import pictures
from dashboard.exports import responses
from dashboard.web import html_pages

NOT_EXPORTED = "This could not be exported"
NO_SUCH_FORMAT = (
    f"Ask for one of {', '.join('.' + name for name in (*FORMATS, *pictures.FORMATS))}."
)


def routes() -> list[Route]:
    """Return the one route of all files."""
    return [Route("/downloads/{file}", download, methods=["GET"])]


async def download(request: Request) -> Response:
    """Stream the dataset or picture that the address names, in its format, filters and zone."""
    if request.method == "HEAD":  # Starlette adds HEAD to GET, and HEAD must not start an export
        return Response(status_code=405, headers={"Allow": "GET"})
    name, _, format = request.path_params["file"].partition(".")
    try:
        order = _read_order(name, format, request.query_params)
        return await responses.respond(order, request.user)
    except TallyError as error:
        return html_pages.message(request, error.status, NOT_EXPORTED, error.message)


def _read_order(name: str, format: str, query: Mapping[str, str]) -> Order:
    if format in pictures.FORMATS:
        return pictures.read_order(name, pictures.FORMATS[format], query)
    question = find_question(name)
    if format not in FORMATS:
        raise NotFound(NO_SUCH_FORMAT)
    return order_query.read_order(question, FORMATS[format], query)
