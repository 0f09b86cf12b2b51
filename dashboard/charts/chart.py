"""A drawing: the shape of a chart, made once for whatever rows, with rows and words of its own.

Altair takes 5 to 20 ms to make a chart, whose shape is the same each time; what differs are the
rows, what they say, and the values of a few parameters.
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
INK, FAINT = "currentColor", 0.7  # the text colour of wherever the chart stands, light or dark
PADDING = {"left": 0, "top": 4, "right": 4, "bottom": 0}
PANEL_HEIGHT = 220
ROWS = alt.NamedData("rows")  # what every shape is of
Shape: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A chart of some rows.

    `shape` is its Vega-Lite specification but for the rows; it is shared, and nobody changes it.
    `text` is its text alternative, and `values` are those of parameters of the shape, by name.
    """

    shape: Shape
    rows: pa.Table
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def specification(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Return the whole specification, with its rows where `data` says."""
        whole = deepcopy(self.shape)  # Streamlit fills in titles
        for parameter in whole.get("params", []):
            if parameter["name"] in self.values:
                parameter["value"] = self.values[parameter["name"]]
        return {**whole, "description": self.text, "data": data}

    @cached_property
    def with_arrow(self) -> dict[str, Any]:
        """The whole specification, with its rows as Arrow beside it; nobody changes it."""
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, self.rows.schema) as writer:
            writer.write_table(self.rows)
        rows = stream.getvalue().to_pybytes()
        # Named after what it holds: a browser draws anew when the name is another.
        name = hashlib.sha256(rows).hexdigest()[:16]
        return {**self.specification({"name": name}), "datasets": {name: rows}}


def show(drawing: Drawing) -> DeltaGenerator:
    """Draw a chart on the page; its text alternative is its accessible name."""
    return st.vega_lite_chart(drawing.with_arrow)


def shape(chart: alt.TopLevelMixin) -> Shape:
    """Return the specification of a chart without rows, as wide as the place where it stands."""
    result: Shape = chart.to_dict()
    result.get("config", {}).pop("view", None)  # Altair's own size, where Streamlit gives one
    return result


def inked(chart: alt.Chart | alt.LayerChart, *, height: int | alt.Step) -> Shape:
    """Return the shape of a chart of a height in pixels, whose axes have the colour of the text."""
    chart = chart.properties(height=height, padding=PADDING)
    return shape(
        chart.configure_axis(labelColor=INK, labelOpacity=FAINT, titleColor=INK, titleOpacity=FAINT)
    )
