"""What stands around a chart in a picture, which says by itself what it shows and as of when.

Its colours are those of the light theme in `.streamlit/config.toml`, whatever the screen has.
"""

import textwrap
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl
import streamlit as st
from polars import selectors

from dashboard.charts import INK, Drawing, parts

WIDTH, MARGIN = 760, 24  # pixels
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
LINE, MOST_LINES = 110, 4  # of the texts below a title: characters, and how many at most
NO_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"  # what no XML can contain
REPLACEMENT = "\ufffd"
ROWS = frozenset({"data", "datasets"})  # where the rows are in a specification


def framed(drawing: Drawing, title: str, remarks: Iterable[str]) -> dict[str, Any]:
    """Return the specification of a chart with a title and remarks above it, its rows included.

    The remarks may quote what users typed. The drawing is changed.
    """
    lines = [line for remark in remarks for line in _wrapped(remark)]
    for part in parts(drawing):
        if isinstance(part.data, pl.DataFrame):
            part.data = _inline(part.data)
    heading = alt.TitleParams(text=title, subtitle=lines)
    spec: dict[str, Any] = drawing.properties(width=WIDTH, title=heading, padding=MARGIN).to_dict()
    spec["config"] = _config(spec.get("config", {}))
    result: dict[str, Any] = _inked(spec, _colour("textColor"))
    return result


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return as of when a picture is, in words."""
    return f"As of {at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE, max_lines=MOST_LINES, placeholder=" …")


def _inline(rows: pl.DataFrame) -> alt.InlineData:
    # Not left to Altair: how it takes rows is a switch of the whole process, which Streamlit turns
    # over and back for each chart of each session.
    plain = rows.with_columns(
        selectors.string().str.replace_all(NO_XML, REPLACEMENT),
        selectors.date().dt.strftime("%Y-%m-%d"),
    )
    return alt.InlineData(values=plain.to_dicts())


def _inked(node: Any, ink: str) -> Any:
    """Return a specification with the text's colour instead of that of wherever it stands."""
    if isinstance(node, dict):
        return {key: value if key in ROWS else _inked(value, ink) for key, value in node.items()}
    if isinstance(node, list):
        return [_inked(each, ink) for each in node]
    return ink if node == INK else node


def _config(given: dict[str, Any]) -> dict[str, Any]:
    ink, grid, quiet = map(_colour, ("textColor", "borderColor", "dataframeHeaderTextColor"))
    colours = st.get_option("theme.light.chartCategoricalColors")
    axis = {"gridColor": grid, "domainColor": grid, "tickColor": grid, "labelFontSize": 12}
    return {
        "background": _colour("backgroundColor"),
        "font": FONT,
        "range": {"category": colours},
        "mark": {"color": colours[0]},
        "rect": {"color": colours[0]},
        "view": {"stroke": None},
        "axis": {**axis, "titleFontSize": 12, "titleFontWeight": "normal", **given.get("axis", {})},
        "text": {"fontSize": 12},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": ink,
            "fontSize": 18,
            "fontWeight": 600,
            "offset": 18,
            "subtitleColor": quiet,
            "subtitleFontSize": 13,
            "subtitleLineHeight": 18,
            "subtitlePadding": 6,
        },
    }


def _colour(name: str) -> str:
    return str(st.get_option(f"theme.light.{name}"))
