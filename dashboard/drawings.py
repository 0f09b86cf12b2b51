"""Charts as a browser takes them, each drawn once for everybody who looks at the same snapshot.

Altair takes 10 to 20 ms to make and check a chart; what comes out of it is handed on in a tenth.
"""

import hashlib
from io import BytesIO
from typing import Any, TypeAlias

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import metrics
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import charts, data, series, trend_chart
from dashboard.charts import parts

Drawn: TypeAlias = dict[str, Any]


def specify(drawing: alt.TopLevelMixin) -> Drawn:
    """Return the Vega-Lite specification of a chart, its rows among it as Arrow; it is changed."""
    datasets = {}
    for part in parts(drawing):
        if isinstance(part.data, pl.DataFrame):
            rows = BytesIO()
            part.data.write_ipc_stream(rows, compat_level=pl.CompatLevel.oldest())
            # Named after what it holds: a browser draws anew when the name is another.
            name = hashlib.sha256(rows.getbuffer()).hexdigest()[:16]
            datasets[name], part.data = rows.getvalue(), alt.NamedData(name)
    spec: Drawn = drawing.to_dict(validate=False)  # half of the time; tests do it, of each chart
    spec.get("config", {}).pop("view", None)  # Altair's own size, where Streamlit gives one
    return {**spec, "datasets": datasets}


def show(drawn: Drawn) -> DeltaGenerator:
    """Draw a chart; its description is its accessible name."""
    return st.vega_lite_chart(drawn)


@data.kept
def created(snapshot: Snapshot, noun: str, wanted: TrendFilter) -> Drawn:
    """Draw `charts.created` of the last steps."""
    steps = data.recent(snapshot, wanted)
    return specify(charts.created(steps, noun=noun, step=wanted.step))


@data.kept
def course(snapshot: Snapshot, noun: str, period: Period, wanted: TrendFilter) -> Drawn:
    """Draw `charts.course` of the days of a period."""
    days = data.recent(snapshot, wanted).tail(period.days or 0)
    return specify(charts.course(days, noun=noun))


@data.kept
def top_owners(snapshot: Snapshot, period: Period) -> Drawn:
    """Draw `charts.ranking` of the first owners of a period."""
    return specify(charts.ranking(data.top_owners(snapshot, period).head(metrics.TOP)))


@data.kept
def distribution(snapshot: Snapshot) -> Drawn:
    """Draw `charts.distribution`."""
    return specify(charts.distribution(data.distribution(snapshot)))


@data.kept
def ranks(snapshot: Snapshot, wanted: OwnerFilter, *, skip: int) -> Drawn:
    """Draw `charts.ranks` of a page of items by user."""
    return specify(charts.ranks(data.owners(snapshot, wanted, skip=skip).rows))


@data.kept
def curve(snapshot: Snapshot, period: Period, *, first: int, last: int) -> Drawn:
    """Draw `charts.curve` of all owners, with some ranks marked."""
    points = series.curve(data.item_counts(snapshot, period))
    return specify(charts.curve(points, first=first, last=last))


@data.kept
def trend(snapshot: Snapshot, noun: str, wanted: TrendFilter, *, total: bool) -> Drawn:
    """Draw `trend_chart.trend` of as many steps as it has room for, with the window brushed."""
    whole = TrendFilter(wanted.step, wanted.owner, zone=wanted.zone)
    steps = series.drawn(data.trend(snapshot, whole), noun, total=total)
    window = series.clip(steps, wanted.window)
    return specify(
        trend_chart.trend(steps, noun=noun, step=wanted.step, total=total, window=window)
    )
