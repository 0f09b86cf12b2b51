"""Charts that most people see as they are, drawn once for each snapshot.

A chart takes its rows through a dozen calls of Polars, each of which lets go of the interpreter;
eight of them were a quarter of what Overview costs.
"""

from collections.abc import Mapping
from itertools import product

from core import metrics
from core.frames import to_frame
from core.periods import COMPARED, Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import created_charts, data, owner_charts
from dashboard.data import kept
from dashboard.drawing import Drawing
from dashboard.trend_choice import NOUNS


@kept
def created(snapshot: Snapshot, wanted: TrendFilter) -> Mapping[str, Drawing]:
    """Return `created_charts.created` of the last steps, of each noun."""
    steps = to_frame(data.recent(snapshot, wanted))
    return {noun: created_charts.created(steps, noun=noun, step=wanted.step) for noun in NOUNS}


@kept
def courses(snapshot: Snapshot, daily: TrendFilter) -> Mapping[tuple[str, Period], Drawing]:
    """Return `created_charts.course` of the days of each period that is compared, of each noun."""
    days = to_frame(data.recent(snapshot, daily))
    return {
        (noun, period): created_charts.course(days.tail(period.days or 0), noun=noun)
        for noun, period in product(NOUNS, COMPARED)
    }


@kept
def top_owners(snapshot: Snapshot, period: Period) -> Drawing:
    """See `owner_charts.ranking`; of the first owners of a period."""
    top = to_frame(data.top_owners(snapshot, period))
    return owner_charts.ranking(top.head(metrics.TOP))


@kept
def distribution(snapshot: Snapshot) -> Drawing:
    """See `owner_charts.distribution`."""
    return owner_charts.distribution(to_frame(data.distribution(snapshot)))
