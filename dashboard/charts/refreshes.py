"""Charts of refreshes: how long the steps of the last ones took, and the spans of one."""

from collections.abc import Sequence
from datetime import tzinfo
from functools import cache
from typing import Any

import altair as alt
import polars as pl

from core.analytics.frames import to_table
from core.calendar.clock import clock
from core.db.refresh_models import RefreshRun
from dashboard.charts.chart import INK, PANEL_HEIGHT, ROWS, Chart, Shape, inked

STEPS = ("prepare", "export", "compute", "verify", "publish")
MOST_RUNS = 30
MOST_SPANS = 40
SPAN_PIXELS = 20
LABEL_PIXELS = 150
IN_SECONDS = "datum.label + ' s'"


def steps(runs: Sequence[RefreshRun], zone: tzinfo) -> Chart:
    """Draw one stacked bar per refresh, oldest first: the seconds of each of its steps."""
    shown = [run for run in runs if run.step_seconds][:MOST_RUNS][::-1]
    rows = [
        {
            "run": run.id,
            "started": f"{clock(run.started_at or run.requested_at, zone)}",
            "outcome": f"{run.status}, {run.mode}" if run.mode else run.status,
            "step": step.capitalize(),
            "order": order,
            "seconds": float(run.step_seconds[step]),
        }
        for run in shown
        for order, step in enumerate(STEPS)
        if step in run.step_seconds
    ]
    total = [sum(float(value) for value in run.step_seconds.values()) for run in shown]
    text = (
        f"Seconds by step of the last {len(shown)} refreshes: the newest took {total[-1]:.1f} s,"
        f" the longest {max(total):.1f} s."
    )
    return Chart(_steps(), to_table(pl.DataFrame(rows)), text)


def waterfall(spans: Sequence[Sequence[Any]]) -> Chart:
    """Draw the longest spans of a refresh, ordered by start; `spans` are `Kept.rows()`."""
    longest = sorted(spans, key=lambda span: span[2], reverse=True)[:MOST_SPANS]
    rows = [
        {
            "row": f"{number:03d}",
            "name": label(name, attributes),
            "start": start,
            "end": start + seconds,
            "seconds": seconds,
            "depth": "step" if depth == 0 else "within a step",
            "about": ", ".join(
                f"{key.removeprefix('tally.')} {value}" for key, value in attributes.items()
            ),
        }
        for number, (name, start, seconds, depth, attributes) in enumerate(
            sorted(longest, key=lambda span: (span[1], span[3]))
        )
    ]
    listed = ", ".join(f"{row['name']} {row['seconds']:.3f} s" for row in rows)
    names = {row["row"]: row["name"] for row in rows}
    text = f"Spans by their start: {listed}."
    return Chart(_waterfall(), to_table(pl.DataFrame(rows)), text, {"names": names})


def label(name: str, attributes: dict[str, Any]) -> str:
    """Return a span's label; that of a partition has its number and table."""
    short = name.removeprefix("refresh ").capitalize()
    if "tally.part" not in attributes:
        return short
    return f"{short} {attributes['tally.part']} of {attributes.get('tally.table', '')}"


@cache
def _steps() -> Shape:
    chart = alt.Chart(ROWS).mark_bar()
    chart = chart.encode(
        x=alt.X(
            "run:O",
            title="Refresh",
            axis=alt.Axis(labelAngle=0, labelOverlap=True),
            scale=alt.Scale(paddingInner=0.5),
        ),
        y=alt.Y(
            "seconds:Q",
            title=None,
            axis=alt.Axis(domain=False, tickCount=4, labelExpr=IN_SECONDS),
        ),
        color=alt.Color(
            "step:N",
            title=None,
            sort=[step.capitalize() for step in STEPS],
            legend=alt.Legend(orient="top", columns=3, offset=4, padding=0),
        ),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("run:O", title="Refresh"),
            alt.Tooltip("started:N", title="Started"),
            alt.Tooltip("outcome:N", title="Outcome"),
            alt.Tooltip("step:N", title="Step"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".3f"),
        ],
    )
    return inked(chart, height=PANEL_HEIGHT)


@cache
def _waterfall() -> Shape:
    names = alt.Axis(
        labelExpr="names[datum.label]",
        labelLimit=LABEL_PIXELS,
        domain=False,
        ticks=False,
        labelPadding=6,
    )
    base = alt.Chart(ROWS).encode(
        y=alt.Y("row:N", sort=None, title=None, axis=names),
        tooltip=[
            alt.Tooltip("name:N", title="Span"),
            alt.Tooltip("start:Q", title="Began after (s)", format=".3f"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".3f"),
            alt.Tooltip("about:N", title="About"),
        ],
    )
    bars = base.mark_bar(cornerRadius=2).encode(
        x=alt.X("start:Q", title=None, axis=alt.Axis(tickCount=5, labelExpr=IN_SECONDS)),
        x2="end:Q",
        color=alt.Color("depth:N", title=None, legend=None, sort=["step", "within a step"]),
    )
    numbers = base.mark_text(align="left", dx=4, color=INK).encode(
        x="end:Q", text=alt.Text("seconds:Q", format=".3f")
    )
    both = (bars + numbers).add_params(alt.param(name="names"))
    return inked(both, height=alt.Step(SPAN_PIXELS))
