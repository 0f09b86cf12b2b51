"""The audit trail as a CSV file, for superusers; taking it out leaves a row in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import anyio.to_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import audit_log, database
from core.actors import Actor
from core.audit_log import Wanted
from core.errors import TallyError
from dashboard import audit_view, html_pages, streaming
from dashboard.downloads import NOT_EXPORTED, csv_parts

PATH = "/downloads/audit.csv"


def routes() -> list[Route]:
    """Return the route."""
    return [Route(PATH, download, methods=["GET"])]


async def download(request: Request) -> Response:
    """Stream the events that the address asks for, once the export is noted."""
    wanted = audit_view.wanted(request.query_params)
    try:
        await anyio.to_thread.run_sync(_allow, request.user, wanted)
        return await streaming.respond(
            "download audit",
            csv_parts(_frames(wanted)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{_file_name()}"'},
        )
    except TallyError as error:
        return html_pages.message(request, error.status, NOT_EXPORTED, error.message)


def _frames(wanted: Wanted) -> Iterator[pl.DataFrame]:
    yield audit_view.frame([], {})  # the header, also when there are no rows
    for events, names in audit_log.stream_events(wanted=wanted):
        yield audit_view.frame(events, names)


def _file_name() -> str:
    return f"tally_audit_{datetime.now(UTC):%Y-%m-%dT%H%MZ}.csv"


def _allow(actor: Actor, wanted: Wanted) -> None:
    with database.transaction() as db:
        audit_log.allow_export(db, actor=actor, wanted=wanted)
