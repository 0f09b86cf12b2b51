"""Every answer that is kept between runs, each asked as a page asks it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from types import FunctionType

from core import explanations
from core.days import Step
from core.owner_filter import OwnerFilter
from core.periods import Period
from core.receipts import Receipt
from core.settings import ROOT
from core.snapshots import Snapshot
from core.trend_filter import TrendFilter
from dashboard import data, drawings, earlier

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
    "data.totals": data.totals,
    "data.new": data.new,
    "data._page_of_owners": lambda now: data.owners(now, SEARCH, skip=0).rows,
    "data._matches": lambda now: data._matches(now, SEARCH),
    "data.find_owners": lambda now: data.find_owners(now, "user1"),
    "data.owner": lambda now: data.owner(now, 1),
    "data.top_owners": lambda now: data.top_owners(now, Period.ALL),
    "data.trend": lambda now: data.trend(now, WEEKS),
    "data.recent": lambda now: data.recent(now, WEEKS),
    "data._created": lambda now: data._created(now, 1, "Europe/Berlin"),
    "data.distribution": data.distribution,
    "data.explanation": lambda now: data.explanation(now, explanations.ask(now, "items")),
    "data.compared": lambda now: data.compared(now, RECEIPT),
    "data.curve": lambda now: data.curve(now, Period.ALL),
    "data.shares": data.shares,
    "drawings.created": lambda now: drawings.created(now, WEEKS),
    "drawings.courses": lambda now: drawings.courses(now, DAYS),
    "drawings.top_owners": lambda now: drawings.top_owners(now, Period.ALL),
    "drawings.distribution": drawings.distribution,
    "earlier.movement": lambda now: earlier.movement(now, None, Period.ALL),
    "earlier._known": earlier._known,
}


def kept_functions() -> set[str]:
    """Return the names of all functions whose answers are kept, wherever they are."""
    kept = data.totals.__code__  # type: ignore[attr-defined]  # that of the cache decorator
    return {
        f"{path.stem}.{name}"
        for path in (ROOT / "dashboard").glob("*.py")
        if DECORATOR.search(path.read_text("utf-8"))
        for name, found in vars(import_module(f"dashboard.{path.stem}")).items()
        if isinstance(found, FunctionType) and found.__code__ is kept
        if found.__module__ == f"dashboard.{path.stem}"
    }
