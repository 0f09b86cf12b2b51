"""Charts that most people see without filters, built once per snapshot.

Building a chart makes a dozen Polars calls, and each releases the interpreter lock. Eight charts
were a quarter of the cost of Overview.
"""

from collections.abc import Mapping
from itertools import product

from core.analytics import metrics
from core.analytics.frames import to_frame
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import COMPARED, Period
from core.snapshots.reader import Snapshot
from dashboard.cache import answers
from dashboard.cache.answers import kept
from dashboard.charts import created as created_charts
from dashboard.charts import owners
from dashboard.charts.chart import Chart
from dashboard.charts.titles import NOUNS


@kept
def created(snapshot: Snapshot, filters: TrendFilter) -> Mapping[str, Chart]:
    """Return the chart of the last steps for each noun; see `dashboard.charts.created.created`."""
    steps = to_frame(answers.recent(snapshot, filters))
    return {noun: created_charts.created(steps, noun=noun, step=filters.step) for noun in NOUNS}


@kept
def sparklines(snapshot: Snapshot, daily: TrendFilter) -> Mapping[tuple[str, Period], Chart]:
    """Return the sparkline of each noun and compared period; see `charts.created.sparkline`."""
    days = to_frame(answers.recent(snapshot, daily))
    return {
        (noun, period): created_charts.sparkline(days.tail(period.days or 0), noun=noun)
        for noun, period in product(NOUNS, COMPARED)
    }


@kept
def top_owners(snapshot: Snapshot, period: Period) -> Chart:
    """Return the chart of a period's top owners; see `dashboard.charts.owners.ranking`."""
    top = to_frame(answers.top_owners(snapshot, period))
    return owners.ranking(top.head(metrics.TOP))


@kept
def distribution(snapshot: Snapshot) -> Chart:
    """See `dashboard.charts.owners.distribution`."""
    return owners.distribution(to_frame(answers.distribution(snapshot)))
