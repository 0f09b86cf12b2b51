"""The frame of a picture: a chart with its title, remarks and margins, so that it stands alone.

Its colours are always those of the light theme in `.streamlit/config.toml`.
"""

import textwrap
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import streamlit as st
from polars import selectors

from core.analytics.frames import to_frame
from dashboard.charts.chart import INK, Chart

WIDTH, MARGIN = 760, 24  # pixels
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
LINE, MOST_LINES = 110, 4  # characters per line and lines per remark
NO_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"  # characters that XML cannot contain
REPLACEMENT = "\ufffd"


def framed(chart: Chart, title: str, remarks: Iterable[str]) -> dict[str, Any]:
    """Return a chart's specification with title, remarks and rows; remarks may quote users."""
    lines = [line for remark in remarks for line in _wrapped(remark)]
    spec = chart.specification({"values": _plain(chart.rows)})
    framing = {
        "width": WIDTH,
        "title": {"text": title, "subtitle": lines},
        "padding": MARGIN,
        "config": _config(spec.get("config", {})),
    }
    result: dict[str, Any] = _inked({**spec, **framing}, _colour("textColor"))
    return result


def as_of(at: datetime, zone: ZoneInfo) -> str:
    """Return the text about the time of a picture's data, in a reader's zone."""
    return f"As of {at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE, max_lines=MOST_LINES, placeholder=" …")


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    """Return rows as JSON values, without characters that XML cannot contain."""
    return (
        to_frame(rows)
        .with_columns(
            selectors.string().str.replace_all(NO_XML, REPLACEMENT),
            selectors.date().dt.strftime("%Y-%m-%d"),
        )
        .to_dicts()
    )


def _inked(node: Any, ink: str) -> Any:
    """Replace `currentColor` in a specification, as a picture has no page to inherit it from."""
    if isinstance(node, dict):
        return {key: value if key == "data" else _inked(value, ink) for key, value in node.items()}
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
