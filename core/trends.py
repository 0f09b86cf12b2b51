"""How users and items came to be: created in each step and in all by then, without gaps."""

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from core import days, metrics
from core.days import Step
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter, Window

IN_ALL = "{}_in_all"


def trend(snapshot: Snapshot, wanted: TrendFilter) -> pl.DataFrame:
    """Return the steps of a snapshot, as `steps` does; reads all items when there is an owner."""
    return steps(
        created(snapshot, wanted.owner, wanted.zone), wanted, until=today(snapshot, wanted)
    )


def created(snapshot: Snapshot, owner: int | None, zone: str) -> pl.DataFrame:
    """Return day with the users and items created on it, or with the items of an owner alone."""
    if owner is None:
        return metrics.created_per_day(snapshot, zone)
    return metrics.created_by_owner(snapshot, owner, zone)


def today(snapshot: Snapshot, wanted: TrendFilter) -> date:
    """Return the day on which a snapshot was taken, in the zone of the days."""
    return snapshot.taken_at.astimezone(ZoneInfo(wanted.zone)).date()


def steps(created: pl.DataFrame, wanted: TrendFilter, *, until: date) -> pl.DataFrame:
    """Return the steps that begin within the window, from the first to that of `until`.

    `created` is a result of the function of that name. Columns: `day`, the first of each step, and
    for users and items how many were created in it, and `users_in_all` and `items_in_all`, how many
    had been by its end, those before the window included.
    """
    whole = filled(days.by_step(created, wanted.step), wanted.step, until=until)
    nouns = [name for name in whole.columns if name != "day"]
    both = [
        each
        for noun in nouns
        for each in (pl.col(noun), pl.col(noun).cum_sum().alias(IN_ALL.format(noun)))
    ]
    return between(whole.select("day", *both), wanted.window)


def filled(created: pl.DataFrame, step: Step, *, until: date) -> pl.DataFrame:
    """Return the steps from the first to that of `until`, those without anything as 0.

    `created` has `day`, the first of each step, and counts.
    """
    last = pl.Series("day", [until]).dt.truncate(step.length)[0]
    first = min(created["day"].min() or last, last)
    steps = pl.date_range(first, max(last, created["day"].max() or last), step.length, eager=True)
    every = steps.alias("day").to_frame()
    return every.join(created, on="day", how="left", maintain_order="left").fill_null(0)


def between(steps: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Return the steps that begin within two days, both included."""
    day = pl.col("day")
    return steps.filter(
        pl.lit(True) if window.first is None else day >= window.first,
        pl.lit(True) if window.last is None else day <= window.last,
    )
