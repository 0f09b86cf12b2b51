"""A chart: a shape that is built once and shared, combined with rows and a text alternative.

Altair takes 5 to 20 ms to build a chart, and the result is the same each time except for the rows,
the text and a few parameters. So the shape is built once, and the rest is added for each chart.
"""

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import altair as alt
import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

COUNT = ",d"
SHORT = "datum.value < 1e6 ? format(datum.value, ',d') : format(datum.value / 1e6, '~g') + ' M'"
INK, FAINT = "currentColor", 0.7  # the page's text colour, in light and dark themes
PADDING = {"left": 0, "top": 4, "right": 4, "bottom": 0}
PANEL_HEIGHT = 220
ROWS = alt.NamedData("rows")  # the placeholder for the rows in every shape
Shape: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """A chart with its rows.

    `shape` is the Vega-Lite specification without the rows; it is shared and must not be changed.
    `text` is the text alternative. `values` sets parameters of the shape by name.
    """

    shape: Shape
    rows: pa.Table
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def specification(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Return the complete specification; `data` is its reference to the rows."""
        whole = deepcopy(self.shape)  # copied, as Streamlit fills in titles
        for parameter in whole.get("params", []):
            if parameter["name"] in self.values:
                parameter["value"] = self.values[parameter["name"]]
        return {**whole, "description": self.text, "data": data}

    @cached_property
    def with_arrow(self) -> dict[str, Any]:
        """The complete specification, with the rows as Arrow bytes; it must not be changed."""
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, self.rows.schema) as writer:
            writer.write_table(self.rows)
        rows = stream.getvalue().to_pybytes()
        # Named by its content's hash, as the browser redraws when the name changes.
        name = hashlib.sha256(rows).hexdigest()[:16]
        return {**self.specification({"name": name}), "datasets": {name: rows}}


def show(chart: Chart) -> DeltaGenerator:
    """Show a chart on the page; its text alternative becomes its accessible name."""
    return st.vega_lite_chart(chart.with_arrow)


def shape(chart: alt.TopLevelMixin) -> Shape:
    """Return a chart's specification without rows; it fills the width of its container."""
    result: Shape = chart.to_dict()
    result.get("config", {}).pop("view", None)  # Altair's default size would override Streamlit's
    return result


def inked(chart: alt.Chart | alt.LayerChart, *, height: int | alt.Step) -> Shape:
    """Return a chart's shape with a height in pixels and axes in the page's text colour."""
    chart = chart.properties(height=height, padding=PADDING)
    return shape(
        chart.configure_axis(labelColor=INK, labelOpacity=FAINT, titleColor=INK, titleOpacity=FAINT)
    )
