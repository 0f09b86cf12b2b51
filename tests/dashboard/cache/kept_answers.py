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

DECORATOR = re.compile(r"^@(answers\.)?_?(kept|asked)$", re.MULTILINE)
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
    "answers.totals": answers.totals,
    "answers.new": answers.new,
    "answers.page_of_owners": lambda now: answers.owners(now, SEARCH, skip=0).rows,
    "answers.matches": lambda now: answers.matches(now, SEARCH),
    "answers.find_owners": lambda now: answers.find_owners(now, "user1"),
    "answers.owner": lambda now: answers.owner(now, 1),
    "answers.top_owners": lambda now: answers.top_owners(now, Period.ALL),
    "answers.trend": lambda now: answers.trend(now, WEEKS),
    "answers.recent": lambda now: answers.recent(now, WEEKS),
    "answers.created": lambda now: answers.created(now, 1, "Europe/Berlin"),
    "answers.distribution": answers.distribution,
    "answers.explanation": lambda now: answers.explanation(now, explanations.ask(now, "items")),
    "answers.compared": lambda now: answers.compared(now, RECEIPT),
    "answers.curve": lambda now: answers.curve(now, Period.ALL),
    "answers.shares": answers.shares,
    "charts.created": lambda now: charts.created(now, WEEKS),
    "charts.sparklines": lambda now: charts.sparklines(now, DAYS),
    "charts.top_owners": lambda now: charts.top_owners(now, Period.ALL),
    "charts.distribution": charts.distribution,
    "snapshot_picker.movement": lambda now: snapshot_picker.movement(now, None, Period.ALL),
    "snapshot_picker.known": snapshot_picker.known,
}


def kept_functions() -> set[str]:
    """Return the names of all functions whose answers are kept, wherever they are."""
    kept = answers.totals.__code__  # that of the cache decorator
    found = {}
    for path in (ROOT / "dashboard").rglob("*.py"):
        if DECORATOR.search(path.read_text("utf-8")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[path.stem] = (name, vars(import_module(name)))
    return {
        f"{stem}.{name}"
        for stem, (module, members) in found.items()
        for name, member in members.items()
        if isinstance(member, FunctionType)
        and member.__code__ is kept
        and member.__module__ == module
    }
