"""Orders for exports as they come in addresses, and the answers that stream them."""

from collections.abc import Mapping
from email.utils import format_datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import anyio.to_thread
from starlette.responses import Response

from core.actor import Actor
from core.calendar import zones
from core.errors import Invalid
from core.exports import export as exporting
from core.exports.dataset import Question
from core.exports.export import Order
from core.exports.formats import Format
from core.exports.parameters import Filters
from dashboard.web import streaming

EMPTY = "Give a value, or leave it out."


def address(name: str, format: str, filters: Mapping[str, str], zone: ZoneInfo) -> str:
    """Return where a browser downloads the rows of a question, or a picture, by its name."""
    return f"/downloads/{name}.{format}?{urlencode({**filters, zones.FIELD: zone.key})}"


def read_order(question: Question, format: Format, query: Mapping[str, str]) -> Order:
    """Return the order that query parameters make; raise `Invalid` for what makes no sense."""
    filters, zone = read_filters(question, query)
    return Order(question, filters, format, zone)


def read_filters(question: Question, query: Mapping[str, str]) -> tuple[Filters, ZoneInfo]:
    """Return what query parameters narrow a question by, and the reader's zone; raise `Invalid`."""
    zone = zones.read_zone(query.get(zones.FIELD, "UTC"))
    given = {name: value for name, value in query.items() if name != zones.FIELD}
    # A script whose variable is not set would get everything, and not know it.
    if empty := [name for name, value in given.items() if not value and name != "q"]:
        raise Invalid(dict.fromkeys(empty, EMPTY))
    return question.parse(given, zone), zone


async def respond(order: Order, actor: Actor) -> Response:
    """Stream an export to somebody; raises what `exports.prepare` raises."""
    export = await anyio.to_thread.run_sync(lambda: exporting.prepare(order, actor=actor))
    return await streaming.respond(
        f"export {order.question.name}",
        export.parts(),
        media_type=order.format.media_type,
        threads=streaming.DRAWING if order.picture else streaming.WRITING,
        headers={
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Last-Modified": format_datetime(export.as_of, usegmt=True),
        },
    )
