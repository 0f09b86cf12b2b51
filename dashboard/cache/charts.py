"""Charts that most people see as they are, drawn once for each snapshot.

A chart takes its rows through a dozen calls of Polars, each of which lets go of the interpreter;
eight of them were a quarter of what Overview costs.
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
from dashboard.charts.chart import Drawing
from dashboard.charts.titles import NOUNS


@kept
def created(snapshot: Snapshot, filters: TrendFilter) -> Mapping[str, Drawing]:
    """Return `created_charts.created` of the last steps, of each noun."""
    steps = to_frame(answers.recent(snapshot, filters))
    return {noun: created_charts.created(steps, noun=noun, step=filters.step) for noun in NOUNS}


@kept
def courses(snapshot: Snapshot, daily: TrendFilter) -> Mapping[tuple[str, Period], Drawing]:
    """Return `created_charts.course` of the days of each period that is compared, of each noun."""
    days = to_frame(answers.recent(snapshot, daily))
    return {
        (noun, period): created_charts.course(days.tail(period.days or 0), noun=noun)
        for noun, period in product(NOUNS, COMPARED)
    }


@kept
def top_owners(snapshot: Snapshot, period: Period) -> Drawing:
    """See `owner_charts.ranking`; of the first owners of a period."""
    top = to_frame(answers.top_owners(snapshot, period))
    return owners.ranking(top.head(metrics.TOP))


@kept
def distribution(snapshot: Snapshot) -> Drawing:
    """See `owner_charts.distribution`."""
    return owners.distribution(to_frame(answers.distribution(snapshot)))
