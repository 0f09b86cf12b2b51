"""The growth of users and items: how many were created in each step, and in total by then."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from core.analytics import metrics
from core.analytics.trend_filter import TrendFilter, Window
from core.calendar import steps as calendar_steps
from core.calendar.steps import Step
from core.snapshots.reader import Snapshot

IN_ALL, PARTIAL = "{}_in_all", "partial"


def trend(snapshot: Snapshot, filters: TrendFilter) -> pl.DataFrame:
    """Return the steps of a snapshot, as `steps` does; scans all items if there is an owner."""
    return steps(
        created(snapshot, filters.owner, filters.zone), filters, until=today(snapshot, filters)
    )


def created(snapshot: Snapshot, owner: int | None, zone: str) -> pl.DataFrame:
    """Return `day`, `users` and `items` created per day; with an owner only `day` and `items`."""
    if owner is None:
        return metrics.created_per_day(snapshot, zone)
    return metrics.created_by_owner(snapshot, owner, zone)


def today(snapshot: Snapshot, filters: TrendFilter) -> date:
    """Return the day on which a snapshot was taken, in the filter's zone."""
    return snapshot.taken_at.astimezone(ZoneInfo(filters.zone)).date()


def steps(created: pl.DataFrame, filters: TrendFilter, *, until: date) -> pl.DataFrame:
    """Return the steps in the window, from the first day with rows to the day `until`.

    `created` is a result of the function of that name. If the window cuts a step, only days in the
    window count. Columns: `day`, the first day of the step; `users` and `items`, created in the
    step; `users_in_all` and `items_in_all`, created by the end of the step, including before the
    window; `partial`, whether the step is cut by the window or not over yet.
    """
    first, last = _reach(created, filters.window, until)
    counted = calendar_steps.by_step(between(created, filters.window), filters.step)
    before = between(created, Window(last=first - timedelta(days=1)))
    nouns = [name for name in created.columns if name != "day"]
    both = [
        each
        for noun in nouns
        for each in (
            pl.col(noun),
            (pl.col(noun).cum_sum() + before[noun].sum()).alias(IN_ALL.format(noun)),
        )
    ]
    every = filled(counted, filters.step, first=first, last=last)
    return every.select("day", *both, _is_partial(filters, until).alias(PARTIAL))


def filled(created: pl.DataFrame, step: Step, *, first: date, last: date) -> pl.DataFrame:
    """Return every step from the one that contains `first` to that of `last`; gaps become 0.

    `created` has `day`, the first day of a step, and counts.
    """
    if first > last:
        return created.clear()
    ends = pl.Series([first, last]).dt.truncate(step.length)
    every = pl.date_range(ends[0], ends[1], step.length, eager=True).alias("day").to_frame()
    return every.join(created, on="day", how="left", maintain_order="left").fill_null(0)


def between(created: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Return the rows whose `day` is in the window."""
    day = pl.col("day")
    return created.filter(
        pl.lit(True) if window.first is None else day >= window.first,
        pl.lit(True) if window.last is None else day <= window.last,
    )


def _reach(created: pl.DataFrame, window: Window, until: date) -> tuple[date, date]:
    """Return the first and last day to show; if the first is after the last, there is none."""
    known = pl.concat([created["day"], pl.Series("day", [until])])
    earliest, latest = known.min(), known.max()
    assert isinstance(earliest, date)  # noqa: S101  # as `until` is one of them
    assert isinstance(latest, date)  # noqa: S101
    return max(earliest, window.first or earliest), min(latest, window.last or latest)


def _is_partial(filters: TrendFilter, until: date) -> pl.Expr:
    """Return whether a step reaches beyond the window, or beyond yesterday."""
    window, yesterday = filters.window, until - timedelta(days=1)
    after = pl.col("day").dt.offset_by(filters.step.length)
    late = after > min(window.last or yesterday, yesterday) + timedelta(days=1)
    return late if window.first is None else late | (pl.col("day") < window.first)
