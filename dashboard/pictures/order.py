"""Reads orders for pictures from addresses, and writes the pictures."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import polars as pl

from core import process
from core.analytics.trends import PARTIAL
from core.errors import NotFound
from core.exports import query as order_query
from core.exports.catalog import find_question
from core.exports.export import Order
from core.exports.formats import Format, Sheet
from dashboard.charts import series
from dashboard.pictures import frame
from dashboard.pictures.catalog import PICTURES, Picture
from dashboard.pictures.formats import FormatName, PictureFormat
from dashboard.pictures.renderer import Renderer

NO_SUCH_PICTURE = "There is no picture of this name."
NOTHING = "There is nothing to draw, as no rows match."


def read_order(name: str, format: PictureFormat, query: Mapping[str, str]) -> Order:
    """Return the order for a picture with query parameters; raise `NotFound` or `Invalid`."""
    if name not in PICTURES:
        raise NotFound(NO_SUCH_PICTURE)
    picture = PICTURES[name]
    question = find_question(picture.question)
    filters, zone = order_query.read_filters(question, query)
    written = Format(
        format.name,
        format.label,
        format.remark,
        format.media_type,
        write=partial(_write, picture, filters, format.name),
        localised=True,
        most_rows=picture.most_rows,
    )
    return Order(question, filters, written, zone, picture=picture.title(filters))


def _write(picture: Picture, filters: Any, format: FormatName, sheet: Sheet) -> Iterator[bytes]:
    rows = pl.concat([sheet.header(), *sheet.frames])
    if rows.is_empty():
        raise NotFound(NOTHING)
    pale = series.remarks(rows, filters.step) if PARTIAL in rows.columns else []
    remarks = (frame.as_of(sheet.as_of, sheet.zone), picture.remark(filters), *pale)
    chart = picture.draw(rows, filters)
    yield process.resource(Renderer).render(frame.framed(chart, sheet.title, remarks), format)
