"""Drawings that are kept: made once for all who look at the same snapshot."""

import pytest

from core.actor import Actor
from core.analytics.trend_filter import TrendFilter
from core.calendar.steps import Step
from core.snapshots import reader
from dashboard.cache import charts
from dashboard.charts import created as created_charts
from dashboard.charts.chart import Chart
from etl import refresh
from tests.pages.conftest import make_item


def test_a_chart_is_drawn_once_for_all_who_look_at_a_snapshot(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    created = created_charts.created

    def listen(*args: object, noun: str, step: Step) -> Chart:
        drawn.append((noun, step))
        return created(*args, noun=noun, step=step)  # type: ignore[arg-type]

    monkeypatch.setattr(created_charts, "created", listen)
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    first = reader.current()
    looks = [charts.created(first, TrendFilter(Step.DAY))["items"] for _ in range(3)]
    assert looks[0] is looks[2]
    assert drawn == [("items", Step.DAY), ("users", Step.DAY)]
    make_item(system, superuser.email, "two")
    refresh.run(trigger="manual")
    now = charts.created(reader.current(), TrendFilter(Step.DAY))["items"]
    assert now.text != looks[0].text
    assert len(drawn) == 4
