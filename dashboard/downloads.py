"""CSV files of the results: complete, streamed, and safe to open in a spreadsheet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import format_datetime
from functools import partial

import anyio.to_thread
import polars as pl
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core import database, exports, metrics, snapshots
from core.actors import Actor
from core.errors import TallyError
from core.snapshots import Snapshot
from dashboard import html_pages, streaming

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it, Excel does not read UTF-8
# A cell that begins so may be taken for a formula, also with the wide signs of East Asian input.
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = "^[=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]"
NOT_EXPORTED = "This could not be exported"


def _stream_items_by_user(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    yield metrics.items_by_user(snapshot, limit=0)  # the header, also when there are no rows
    yield from metrics.stream_items_by_user(snapshot)


def _stream_active_users(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    yield metrics.active_users(snapshot)


RESULTS: Mapping[str, Callable[[Snapshot], Iterator[pl.DataFrame]]] = {
    "items_by_user": _stream_items_by_user,
    "active_users": _stream_active_users,
}


def routes() -> list[Route]:
    """Return one route a result."""
    return [
        Route(f"/downloads/{result}.csv", partial(download, result=result), methods=["GET"])
        for result in RESULTS
    ]


async def download(request: Request, *, result: str) -> Response:
    """Stream one result of the newest snapshot, once the export is noted in the audit trail."""
    try:
        snapshot = await anyio.to_thread.run_sync(snapshots.current)
        await anyio.to_thread.run_sync(_allow, request.user, result, snapshot)
        return await streaming.respond(
            f"download {result}",
            csv_parts(RESULTS[result](snapshot)),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{file_name(result, snapshot)}"',
                "Last-Modified": format_datetime(snapshot.taken_at, usegmt=True),
            },
        )
    except TallyError as error:
        return html_pages.message(request, error.status, NOT_EXPORTED, error.message)


def file_name(result: str, snapshot: Snapshot) -> str:
    """Return a name that says which data it is, and as of when (UTC)."""
    return f"tally_{result}_{snapshot.taken_at:%Y-%m-%dT%H%MZ}.csv"


def csv_parts(frames: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Yield a CSV file (RFC 4180, UTF-8 with a byte order mark) in parts, its header in the first.

    Text that a spreadsheet could take for a formula gets an apostrophe in front.
    """
    first = True
    for frame in frames:
        text = neutralised(frame).write_csv(
            include_header=first,
            line_terminator="\r\n",
            quote_style="non_numeric",
            datetime_format="%Y-%m-%dT%H:%M:%SZ",
        )
        yield (BYTE_ORDER_MARK if first else b"") + text.encode()
        first = False


def neutralised(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with an apostrophe before each text that begins like a formula."""
    text = pl.col(pl.String)
    return frame.with_columns(
        pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep()
    )


def _allow(actor: Actor, result: str, snapshot: Snapshot) -> None:
    with database.transaction() as db:
        exports.allow_export(db, actor=actor, result=result, generation=snapshot.generation)
