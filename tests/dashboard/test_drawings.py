"""Drawings: a chart with its rows as a browser takes them, drawn once for a snapshot."""

from copy import deepcopy
from datetime import date
from io import BytesIO

import altair as alt
import polars as pl
import pytest

from core import snapshots
from core.actors import Actor
from core.days import Step
from core.trend_filter import TrendFilter
from dashboard import charts, drawings
from dashboard.trend_chart import trend
from etl import refresh
from tests.pages.conftest import make_item

ROWS = pl.DataFrame({"day": [date(2026, 3, 2), date(2026, 3, 9)], "items": [30, 4]})


def test_the_rows_go_with_the_chart_under_the_name_it_asks_for() -> None:
    drawn = drawings.specify(charts.created(ROWS, noun="items", step=Step.WEEK))
    rows = pl.read_ipc_stream(BytesIO(drawn["datasets"][drawn["data"]["name"]]))
    assert rows.select("day", "end", "count").rows() == [
        (date(2026, 3, 2), date(2026, 3, 9), 30),
        (date(2026, 3, 9), date(2026, 3, 16), 4),
    ]


def test_layers_and_charts_below_each_other_share_their_rows() -> None:
    steps = ROWS.rename({"items": "count"})
    both = trend(steps, noun="items", step=Step.WEEK, total=False, window=None)
    drawn = drawings.specify(both)
    (name,) = drawn["datasets"]
    assert {name} == names(drawn)
    owners = pl.DataFrame({"email": ["a@example.com"], "full_name": ["A"], "item_count": [1]})
    drawn = drawings.specify(charts.ranking(owners))
    assert names(drawn) == set(drawn["datasets"])


def test_other_rows_have_another_name() -> None:
    def name(rows: pl.DataFrame) -> str:
        drawn = drawings.specify(charts.created(rows, noun="items", step=Step.WEEK))
        return str(drawn["data"]["name"])

    assert name(ROWS) == name(ROWS.clone()) != name(ROWS.with_columns(items=pl.col("items") + 1))


def test_a_chart_is_drawn_once_for_all_who_look_at_a_snapshot(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    created = charts.created

    def listen(steps: pl.DataFrame, *, noun: str, step: Step) -> alt.TopLevelMixin:
        drawn.append((noun, step))
        return created(steps, noun=noun, step=step)

    monkeypatch.setattr(charts, "created", listen)
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    first = snapshots.current()
    looks = [drawings.created(first, "items", TrendFilter(Step.DAY)) for _ in range(3)]
    assert looks[0] == looks[2]
    assert drawn == [("items", Step.DAY)]
    make_item(system, superuser.email, "two")
    refresh.run(trigger="manual")
    assert drawings.created(snapshots.current(), "items", TrendFilter(Step.DAY)) != looks[0]
    assert len(drawn) == 2


def test_who_looks_at_a_chart_does_not_change_it_for_the_next_one() -> None:
    steps = ROWS.rename({"items": "count"})
    for chart in (
        charts.created(ROWS, noun="items", step=Step.WEEK),
        trend(steps, noun="items", step=Step.WEEK, total=False, window=None),
    ):
        drawn = drawings.specify(chart)
        before = deepcopy(drawn)
        drawings.show(drawn)
        assert drawn == before


def names(node: object) -> set[str]:
    """Return the names of all rows that a specification asks for."""
    if isinstance(node, list):
        return set().union(*map(names, node))
    if not isinstance(node, dict):
        return set()
    own = {node["data"]["name"]} if isinstance(node.get("data"), dict) else set()
    return own.union(*(names(part) for key, part in node.items() if key != "datasets"))
