"""Every answer that is kept between runs, each asked as a page asks it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from types import FunctionType

from core.analytics import explanations
from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.exports.receipts import Receipt
from core.settings import ROOT
from core.snapshots.reader import Snapshot
from dashboard.analytics import snapshot_picker
from dashboard.cache import answers, charts

DECORATOR = re.compile(r"^@(data\.)?_?(kept|asked)$", re.MULTILINE)
RECEIPT = Receipt(
    number=1,
    at=datetime(2026, 3, 2, tzinfo=UTC),
    who="root@example.com",
    outcome="success",
    question="distribution",
    filters={},
    format="csv",
    time_zone=None,
    generation=None,
    as_of=datetime(2026, 3, 2, tzinfo=UTC),
    rows=8,
    bytes=80,
    sha256="0",
    content="0",
)
SEARCH = OwnerFilter("user1", active="yes")
WEEKS, DAYS = TrendFilter(zone="Europe/Berlin"), TrendFilter(Step.DAY, zone="Europe/Berlin")

ASKED: Mapping[str, Callable[[Snapshot], object]] = {
    "data.totals": answers.totals,
    "data.new": answers.new,
    "data._page_of_owners": lambda now: answers.owners(now, SEARCH, skip=0).rows,
    "data._matches": lambda now: answers._matches(now, SEARCH),
    "data.find_owners": lambda now: answers.find_owners(now, "user1"),
    "data.owner": lambda now: answers.owner(now, 1),
    "data.top_owners": lambda now: answers.top_owners(now, Period.ALL),
    "data.trend": lambda now: answers.trend(now, WEEKS),
    "data.recent": lambda now: answers.recent(now, WEEKS),
    "data._created": lambda now: answers._created(now, 1, "Europe/Berlin"),
    "data.distribution": answers.distribution,
    "data.explanation": lambda now: answers.explanation(now, explanations.ask(now, "items")),
    "data.compared": lambda now: answers.compared(now, RECEIPT),
    "data.curve": lambda now: answers.curve(now, Period.ALL),
    "data.shares": answers.shares,
    "drawings.created": lambda now: charts.created(now, WEEKS),
    "drawings.courses": lambda now: charts.courses(now, DAYS),
    "drawings.top_owners": lambda now: charts.top_owners(now, Period.ALL),
    "drawings.distribution": charts.distribution,
    "earlier.movement": lambda now: snapshot_picker.movement(now, None, Period.ALL),
    "earlier._known": snapshot_picker._known,
}


def kept_functions() -> set[str]:
    """Return the names of all functions whose answers are kept, wherever they are."""
    kept = answers.totals.__code__  # type: ignore[attr-defined]  # that of the cache decorator
    return {
        f"{path.stem}.{name}"
        for path in (ROOT / "dashboard").glob("*.py")
        if DECORATOR.search(path.read_text("utf-8"))
        for name, found in vars(import_module(f"dashboard.{path.stem}")).items()
        if isinstance(found, FunctionType) and found.__code__ is kept
        if found.__module__ == f"dashboard.{path.stem}"
    }
