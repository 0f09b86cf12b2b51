"""Charts that most people see as they are, drawn once for each snapshot.

A chart takes its rows through a dozen calls of Polars, each of which lets go of the interpreter;
eight of them were a quarter of what Overview costs.
"""

from core import metrics
from core.periods import Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import created_charts, data, owner_charts
from dashboard.data import kept
from dashboard.drawing import Drawing


@kept
def created(snapshot: Snapshot, noun: str, wanted: TrendFilter) -> Drawing:
    """See `created_charts.created`; of the last steps."""
    return created_charts.created(data.recent(snapshot, wanted), noun=noun, step=wanted.step)


@kept
def course(snapshot: Snapshot, noun: str, period: Period, wanted: TrendFilter) -> Drawing:
    """See `created_charts.course`; of the days of a period."""
    days = data.recent(snapshot, wanted).tail(period.days or 0)
    return created_charts.course(days, noun=noun)


@kept
def top_owners(snapshot: Snapshot, period: Period) -> Drawing:
    """See `owner_charts.ranking`; of the first owners of a period."""
    return owner_charts.ranking(data.top_owners(snapshot, period).head(metrics.TOP))


@kept
def distribution(snapshot: Snapshot) -> Drawing:
    """See `owner_charts.distribution`."""
    return owner_charts.distribution(data.distribution(snapshot))
