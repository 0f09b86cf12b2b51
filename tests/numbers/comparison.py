"""Each figure that the analytics pages show, beside what PostgreSQL says it is."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from itertools import product

import polars as pl

from core.analytics import metrics, ranking
from core.analytics.frames import to_frame
from core.analytics.owner_filter import OwnerFilter
from core.analytics.rank_changes import compare
from core.analytics.trend_filter import TrendFilter, Window
from core.analytics.trends import IN_ALL, PARTIAL, trend
from core.calendar.periods import COMPARED, Period
from core.calendar.steps import Step
from core.snapshots.reader import Snapshot
from dashboard.charts import series
from tests.numbers.postgresql import Row, Rows

ZONES = ("UTC", "America/St_Johns", "Asia/Kathmandu")
PAGE = 50


@dataclass(frozen=True)
class Figure:
    """One answer: what it is called, what Tally shows, and what PostgreSQL says."""

    name: str
    shown: object
    expected: object

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.shown != self.expected


def figures(snapshot: Snapshot, rows: Rows, *, owners: Iterable[int]) -> Iterator[Figure]:
    """Yield all of Overview, Items by user, Active users and Trends; trends of some `owners`."""
    yield from overview(snapshot, rows)
    for filters in every_filter(rows.at.date()):
        yield from items_by_user(snapshot, rows, filters)
    for period in Period:
        yield from active_users(snapshot, rows, period)
    for zone in ZONES:
        yield from trends(snapshot, rows, zone, owners=owners)


def overview(snapshot: Snapshot, rows: Rows) -> Iterator[Figure]:
    """Yield what there is, what is new, and how it is spread."""
    yield Figure("totals", astuple(metrics.totals(snapshot)), rows.totals())
    new = metrics.new(snapshot)
    for period in COMPARED:
        yield Figure(f"new in {period}", astuple(new[period]), rows.new(period))
    yield Figure("spread", metrics.distribution(snapshot).rows(), rows.spread())
    shares = metrics.shares(metrics.item_counts(snapshot))
    yield Figure("shares", astuple(shares), rows.shares())


def every_filter(today: date) -> list[OwnerFilter]:
    """Return every_filter of every kind, alone and together; `today` is that of the snapshot."""
    week, year = today - timedelta(days=7), today - timedelta(days=365)
    alone = [
        OwnerFilter(),
        OwnerFilter(search="AM"),
        OwnerFilter(least=2, most=6),
        OwnerFilter(active="yes"),
        OwnerFilter(active="no", most=1),
        *(OwnerFilter(joined_from=week, zone=zone) for zone in ZONES),
        *(OwnerFilter(joined_from=year, joined_until=week, zone=zone) for zone in ZONES),
    ]
    together = OwnerFilter("1", least=2, active="yes", joined_until=today, zone=ZONES[1])
    periods = [OwnerFilter(period=period) for period in Period]
    narrowed = [OwnerFilter("e", period, least=1, most=5, active="yes") for period in Period]
    return [*alone, together, *periods[1:], *narrowed]


def items_by_user(snapshot: Snapshot, rows: Rows, filters: OwnerFilter) -> Iterator[Figure]:
    """Yield the whole list, how long it is said to be, and its second and last pages."""
    name, expected = f"items by user {filters.to_query()}", rows.owners(filters)
    shown = list(ranking.stream_owners(snapshot, filters))
    yield Figure(name, pl.concat(shown).rows() if shown else [], expected)
    count = metrics.count_items_by_user(snapshot, filters)
    yield Figure(f"{name}: count", count, len(expected))
    for skip in {PAGE, len(expected) // PAGE * PAGE, 3}:
        page = metrics.items_by_user(snapshot, filters, skip=skip, limit=PAGE)
        yield Figure(f"{name}: after {skip}", page.rows(), expected[skip : skip + PAGE])


def active_users(snapshot: Snapshot, rows: Rows, period: Period) -> Iterator[Figure]:
    """Yield who is on top of a period, and how the counts of all its owners are spread."""
    ranked = rows.owners(OwnerFilter(period=period))
    first = [(*row[:5], row[6]) for row in ranked[:100]]
    yield Figure(f"top of {period}", metrics.top_owners(snapshot, period).rows(), first)
    ten = [(*row[1:4], row[5]) for row in first[:10]]
    yield Figure(f"top ten of {period}", metrics.active_users(snapshot, period).rows(), ten)
    levels = metrics.item_counts(snapshot, period).rows()
    yield Figure(f"levels of {period}", levels, rows.levels(period))


def movements(now: Snapshot, then: Snapshot, rows: Rows) -> Iterator[Figure]:
    """Yield who moved since an earlier snapshot, at which `rows.keep` was called."""
    for period in Period:
        top = [metrics.top_owners(snapshot, period) for snapshot in (now, then)]
        moved = compare(*top, most=metrics.TOP)
        shown = (to_frame(moved.rows).rows(), to_frame(moved.dropped).rows())
        yield Figure(f"movement in {period}", shown, rows.moved(period))


def trends(snapshot: Snapshot, rows: Rows, zone: str, *, owners: Iterable[int]) -> Iterator[Figure]:
    """Yield the series of everybody and of some owners by day, week and month, and their sums."""
    today = rows.today(zone)
    for owner, step in product((None, *owners), Step):
        filters = TrendFilter(step, owner, zone=zone)
        found, expected = trend(snapshot, filters), rows.trend(filters)
        yield _series(found, filters, expected)
        for window in windows(_day(expected[0]), today):
            part = replace(filters, window=window)
            yield from within(trend(snapshot, part), part, rows.trend(part))
        if owner is None:
            past = replace(filters, window=Window(last=today))
            recent = series.recent(trend(snapshot, past), step)
            name = f"last by {step} in {zone}"
            shown = _with_sums(recent, "users", "items")
            yield Figure(name, shown, rows.trend(past)[-series.RECENT_STEPS[step] :])


def windows(first: date, today: date) -> list[Window]:
    """Return days to look at: of all sizes, open at either end, and where there is nothing."""
    middle = first + (today - first) / 2
    days = timedelta(days=1)
    return [
        Window(middle - 13 * days, middle + 13 * days),
        Window(middle, middle),
        Window(today - 45 * days),
        Window(last=today - 3 * days),
        Window(today - 2 * days, today + 400 * days),
        Window(first - 99 * days, first + 9 * days),
        Window(first - 9 * days, first - days),
    ]


def within(found: pl.DataFrame, filters: TrendFilter, expected: list[Row]) -> Iterator[Figure]:
    """Yield the series of some days, and the figures below its chart, of items."""
    yield _series(found, filters, expected)
    if not expected:
        return
    new = [int(str(row[2])) for row in expected]
    whole = [int(str(row[2])) for row in expected if not row[5]] or new
    most = next(row for row in expected if row[2] == max(new))
    facts = series.facts(found, "items", filters.step)
    mean = facts.pop(f"Mean by {filters.step}")
    yield Figure(
        f"facts {filters.to_query()}",
        facts,
        {
            "New items": f"{sum(new):,}",
            "In all at the end": f"{expected[-1][4]:,}",
            f"Most, {most[0]}": f"{max(new):,}",
        },
    )
    exact = sum(whole) / len(whole)
    told = float(mean.removeprefix("under ").replace(",", ""))
    yield Figure(f"mean {filters.to_query()}", abs(told - exact) <= max(0.1, 0.005 * exact), True)


def _series(found: pl.DataFrame, filters: TrendFilter, expected: list[Row]) -> Figure:
    name = f"trend {filters.to_query()}"
    if filters.owner is None:
        return Figure(name, _with_sums(found, "users", "items"), expected)
    items = [(row[0], row[2], row[4], row[5]) for row in expected]
    return Figure(name, _with_sums(found, "items"), items)


def _with_sums(found: pl.DataFrame, *nouns: str) -> list[Row]:
    return found.select("day", *nouns, *(IN_ALL.format(noun) for noun in nouns), PARTIAL).rows()


def _day(row: Row) -> date:
    assert isinstance(row[0], date)
    return row[0]
