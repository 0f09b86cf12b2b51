"""Drawings: a shape that all share, with rows and words of its own."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import altair as alt
import polars as pl
import pytest

from core.calendar.steps import Step
from core.db.refresh_models import RefreshRun
from dashboard.charts import chart, owners, refreshes
from dashboard.charts import created as created_charts
from dashboard.charts import trend as trend_chart
from dashboard.charts.chart import Chart

ROWS = pl.DataFrame(
    {"day": [date(2026, 3, 2), date(2026, 3, 9)], "items": [30, 4], "partial": [False, True]}
)
STEPS = ROWS.rename({"items": "count"})
OWNERS = pl.DataFrame(
    {"rank": [1], "email": ["a@example.com"], "full_name": ["A"], "item_count": [7]}
)
SPREAD = pl.DataFrame({"bucket": ["0", "1"], "users": [2, 9]})
SPANS = [("refresh it's", 0.0, 1.5, 0, {}), ("part", 0.1, 1.0, 1, {"tally.part": 3})]
RUN = RefreshRun(
    id=7,
    requested_at=datetime(2026, 3, 2, tzinfo=UTC),
    status="succeeded",
    step_seconds={"export": 1.5},
)


def created(rows: pl.DataFrame) -> Chart:
    """Items by week."""
    return created_charts.created(rows, noun="items", step=Step.WEEK)


def trend(*, total: bool) -> Chart:
    """Items by week, to be brushed."""
    return trend_chart.trend(STEPS, noun="items", step=Step.WEEK, total=total)


def test_the_rows_go_with_the_chart_under_the_name_it_asks_for() -> None:
    drawn = created(ROWS).with_arrow
    rows = pl.read_ipc_stream(BytesIO(drawn["datasets"][drawn["data"]["name"]]))
    assert rows.select("day", "end", "count").rows() == [
        (date(2026, 3, 2), date(2026, 3, 9), 30),
        (date(2026, 3, 9), date(2026, 3, 16), 4),
    ]


def test_other_rows_have_another_name() -> None:
    def name(rows: pl.DataFrame) -> str:
        return str(created(rows).with_arrow["data"]["name"])

    assert name(ROWS) == name(ROWS.clone()) != name(ROWS.with_columns(items=pl.col("items") + 1))


def test_a_shape_is_made_once_for_whatever_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    first = created(ROWS)
    monkeypatch.setattr(alt, "Chart", None)
    other = created(ROWS.with_columns(items=pl.col("items") + 1))
    assert other.shape is first.shape
    assert other.text != first.text


@pytest.mark.parametrize(
    "draw",
    [
        lambda: created(ROWS),
        lambda: created_charts.sparkline(ROWS, noun="items"),
        lambda: trend(total=False),
        lambda: trend(total=True),
        lambda: trend_chart.still(STEPS, noun="items", step=Step.WEEK, total=False),
        lambda: trend_chart.still(STEPS, noun="items", step=Step.WEEK, total=True),
        lambda: owners.ranking(OWNERS),
        lambda: owners.ranks(OWNERS),
        lambda: owners.curve(OWNERS, first=1, last=1),
        lambda: owners.distribution(SPREAD),
        lambda: refreshes.steps([RUN], UTC),
        lambda: refreshes.waterfall(SPANS),
    ],
)
def test_every_drawing_is_vega_lite_and_stays_as_it_is_when_shown(
    draw: Callable[[], Chart],
) -> None:
    made = draw()
    before = deepcopy(made.shape)
    chart.show(made)
    shown = deepcopy(made.with_arrow)
    chart.show(made)  # as the next one who looks at it
    assert made.shape == before
    assert made.with_arrow == shown
    plain: dict[str, Any] = made.specification({"name": "rows"})
    alt.Chart.from_dict(plain)  # raises unless it is as Vega-Lite's schema says
    assert names({**made.shape, "data": None}) == set(), "all share the rows at the top"
    assert plain["description"] == made.text


def test_values_go_to_the_parameters_of_their_names() -> None:
    shown = owners.curve(OWNERS, first=51, last=100).specification({"name": "rows"})
    assert shown["params"] == [{"name": "first", "value": 51}, {"name": "last", "value": 100}]


def names(node: object) -> set[str]:
    """Return the names of all rows that a specification asks for."""
    if isinstance(node, list):
        return set().union(*map(names, node))
    if not isinstance(node, dict):
        return set()
    own = {node["data"]["name"]} if isinstance(node.get("data"), dict) else set()
    return own.union(*map(names, node.values()))
