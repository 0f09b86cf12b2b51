"""The charts that can be exported as pictures: their datasets, titles and remarks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.analytics import metrics
from core.analytics.trend_filter import TrendFilter
from core.exports.parameters import Everything, OwnersPage, Ranks, Recent
from core.snapshots import reader
from dashboard.charts import created, owners, series, titles
from dashboard.charts.chart import Chart
from dashboard.charts.titles import NOUNS
from dashboard.charts.trend import still


@dataclass(frozen=True)
class Picture:
    """A chart as a picture: the dataset that it draws, and its texts, which depend on the filters.

    `most_rows` is how many rows can still be told apart.
    """

    question: str
    title: Callable[[Any], str]
    remark: Callable[[Any], str]
    draw: Callable[[pl.DataFrame, Any], Chart]
    most_rows: int | None = None


def _new(noun: str) -> Picture:
    return Picture(
        "trends",
        title=lambda filters: titles.title(noun, "new", filters.step),
        remark=_span,
        draw=lambda rows, filters: created.created(rows, noun=noun, step=filters.step),
        most_rows=series.MOST_STEPS,
    )


def _created(noun: str, *, total: bool) -> Picture:
    def draw(rows: pl.DataFrame, filters: TrendFilter) -> Chart:
        steps = series.drawn(rows, noun, total=total)
        return still(steps, noun=noun, step=filters.step, total=total)

    def title(filters: TrendFilter) -> str:
        return titles.title(noun, "total" if total else "new", filters.step)

    return Picture("trends", title, _span, draw, most_rows=series.MOST_STEPS)


def _span(filters: TrendFilter) -> str:
    first, last = filters.window.first, filters.window.last
    days = f"from {first} " * (first is not None) + f"until {last}" * (last is not None)
    return ", ".join([_whose(filters.owner), *([days.strip()] if days else [])])


def _whose(owner: int | None) -> str:
    if owner is None:
        return "All users"
    found = metrics.owner(reader.current(), owner)
    return f"Items of {found['email']}" if found else f"Items of user {owner}, who is gone"


def _top_title(filters: Recent) -> str:
    return titles.TITLES[filters.period]


def _top_remark(filters: Recent) -> str:
    return titles.RULES[filters.period]


def _page_title(filters: OwnersPage) -> str:
    return f"{titles.TITLES[filters.owners.period]} by user"


def _page_remark(filters: OwnersPage) -> str:
    described = titles.words(filters.owners) or "all owners"
    return f"Page {filters.number:,} of {described}"


def _curve_title(filters: Ranks) -> str:
    return f"{titles.TITLES[filters.period]} by rank"


def _curve_remark(filters: Ranks) -> str:
    return f"All owners; ranks {filters.first:,} to {filters.last:,} are marked"


def _curve(rows: pl.DataFrame, filters: Ranks) -> Chart:
    return owners.curve(series.curve(rows), first=filters.first, last=filters.last)


def _spread_title(_: Everything) -> str:
    return "Users by items owned"


def _spread_remark(_: Everything) -> str:
    return "All users"


PICTURES: Mapping[str, Picture] = {
    **{f"new_{noun}": _new(noun) for noun in NOUNS},
    **{f"{noun}_by_step": _created(noun, total=False) for noun in NOUNS},
    **{f"{noun}_in_all": _created(noun, total=True) for noun in NOUNS},
    "top_owners": Picture(
        "active_users", _top_title, _top_remark, lambda rows, _: owners.ranking(rows)
    ),
    "spread": Picture(
        "distribution",
        _spread_title,
        _spread_remark,
        lambda rows, _: owners.distribution(rows),
    ),
    "page_of_owners": Picture(
        "page_of_owners", _page_title, _page_remark, lambda rows, _: owners.ranks(rows)
    ),
    "ranks": Picture("item_counts", _curve_title, _curve_remark, _curve),
}
