"""The addresses of exports, and the responses that stream them."""

from collections.abc import Mapping
from email.utils import format_datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import anyio.to_thread
from starlette.responses import Response

from core import process
from core.actor import Actor
from core.calendar import zones
from core.exports import export as exporting
from core.exports.export import Order
from dashboard.web import streaming


def address(name: str, format: str, filters: Mapping[str, str], zone: ZoneInfo) -> str:
    """Return the download address of a dataset or picture, by name."""
    return f"/downloads/{name}.{format}?{urlencode({**filters, zones.FIELD: zone.key})}"


async def respond(order: Order, actor: Actor) -> Response:
    """Return a response that streams an export; raises the errors of `export.prepare`."""
    export = await anyio.to_thread.run_sync(lambda: exporting.prepare(order, actor=actor))
    downloads = process.resource(streaming.Downloads)
    return await streaming.respond(
        f"export {order.question.name}",
        export.parts(),
        media_type=order.format.media_type,
        threads=downloads.drawing if order.picture else downloads.writing,
        headers={
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Last-Modified": format_datetime(export.as_of, usegmt=True),
        },
    )
