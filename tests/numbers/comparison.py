"""Each figure that the analytics pages show, beside what PostgreSQL says it is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta

import polars as pl

from core import metrics
from core.days import Step
from core.frames import to_frame
from core.movement import compare
from core.owner_filter import OwnerFilter
from core.periods import COMPARED, Period
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter, Window
from core.trends import IN_ALL, trend
from dashboard import series
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
    for wanted in filters(rows.at.date()):
        yield from items_by_user(snapshot, rows, wanted)
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


def filters(today: date) -> list[OwnerFilter]:
    """Return filters of every kind, alone and together; `today` is that of the snapshot."""
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


def items_by_user(snapshot: Snapshot, rows: Rows, wanted: OwnerFilter) -> Iterator[Figure]:
    """Yield the whole list, how long it is said to be, and its second and last pages."""
    name, expected = f"items by user {wanted.to_query()}", rows.owners(wanted)
    shown = list(metrics.stream_items_by_user(snapshot, wanted))
    yield Figure(name, pl.concat(shown).rows() if shown else [], expected)
    count = metrics.count_items_by_user(snapshot, wanted)
    yield Figure(f"{name}: count", count, len(expected))
    for skip in {PAGE, len(expected) // PAGE * PAGE, 3}:
        page = metrics.items_by_user(snapshot, wanted, skip=skip, limit=PAGE)
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
    until = rows.today(zone)
    for step in Step:
        found = trend(snapshot, TrendFilter(step, zone=zone))
        expected = rows.trend(step, zone)
        name = f"by {step} in {zone}"
        yield Figure(name, _with_sums(found, "users", "items"), expected)
        recent = series.recent(found.select("day", "users", "items"), step, until=until)
        past = [row[:3] for row in expected if _day(row) <= until]
        yield Figure(f"last {name}", recent.rows(), past[-series.SHOWN[step] :])
        yield from facts(found, step, expected, name)
    for owner in owners:
        for step in Step:
            found = trend(snapshot, TrendFilter(step, owner, zone=zone))
            expected = [(row[0], row[2], row[4]) for row in rows.trend(step, zone, owner)]
            name = f"of owner {owner} by {step} in {zone}"
            yield Figure(name, _with_sums(found, "items"), expected)


def facts(found: pl.DataFrame, step: Step, expected: Sequence[Row], name: str) -> Iterator[Figure]:
    """Yield the figures below the chart for the middle half of the series, of items."""
    quarter = len(expected) // 4
    within = expected[quarter : len(expected) - quarter]
    first, last = _day(within[0]), _day(within[-1])
    new = [int(str(row[2])) for row in within]
    most = next(row for row in within if row[2] == max(new))
    yield Figure(
        f"facts {name}",
        series.facts(found, "items", step, Window(first, last)),
        {
            "New items": f"{sum(new):,}",
            "In all at the end": f"{within[-1][4]:,}",
            f"Mean by {step}": f"{sum(new) / len(new):,.1f}",
            f"Most, {most[0]}": f"{max(new):,}",
        },
    )


def _with_sums(found: pl.DataFrame, *nouns: str) -> list[Row]:
    return found.select("day", *nouns, *(IN_ALL.format(noun) for noun in nouns)).rows()


def _day(row: Row) -> date:
    assert isinstance(row[0], date)
    return row[0]
