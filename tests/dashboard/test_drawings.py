"""Drawings that are kept: made once for all who look at the same snapshot."""

import pytest

from core import snapshots
from core.actors import Actor
from core.days import Step
from core.trend_filter import TrendFilter
from dashboard import created_charts, drawings
from dashboard.drawing import Drawing
from etl import refresh
from tests.pages.conftest import make_item


def test_a_chart_is_drawn_once_for_all_who_look_at_a_snapshot(
    system: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    created = created_charts.created

    def listen(*args: object, noun: str, step: Step) -> Drawing:
        drawn.append((noun, step))
        return created(*args, noun=noun, step=step)  # type: ignore[arg-type]

    monkeypatch.setattr(created_charts, "created", listen)
    make_item(system, superuser.email, "one")
    refresh.run(trigger="manual")
    first = snapshots.current()
    looks = [drawings.created(first, TrendFilter(Step.DAY))["items"] for _ in range(3)]
    assert looks[0] is looks[2]
    assert drawn == [("items", Step.DAY), ("users", Step.DAY)]
    make_item(system, superuser.email, "two")
    refresh.run(trigger="manual")
    now = drawings.created(snapshots.current(), TrendFilter(Step.DAY))["items"]
    assert now.text != looks[0].text
    assert len(drawn) == 4
