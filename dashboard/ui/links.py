"""Where numbers lead: to the page that lists just what was counted, by that page's own filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.analytics.row_filter import RowFilter
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.db.paging import PAGE_SIZE
from core.exports.catalog import find_question
from core.exports.receipts import Receipt
from dashboard.charts.titles import NOUNS, WAYS, title

ZONE = "zone"  # the reader's, on pages whose days are the reader's


@dataclass(frozen=True)
class Link:
    """A page, by its name, and the filters that it is opened with."""

    screen: str
    query: Mapping[str, str] = field(default_factory=dict)


def items_of(user_id: int, period: Period = Period.ALL) -> Link:
    """Return where the items of a user are listed, or those created in a period."""
    return Link("items", RowFilter(owner=user_id, period=period).to_query())


def new(noun: str, period: Period) -> Link:
    """Return where the users or items are listed that were created in a period."""
    return Link(noun, RowFilter(period=period).to_query())


def active_users() -> Link:
    """Return where the users are listed whose account is active."""
    return Link("users", RowFilter(active="yes").to_query())


def trend(noun: str, filters: TrendFilter, way: str = "new") -> Link:
    """Return where the steps of a chart are looked at; their days are the reader's there, too."""
    looked_at = {"show": way} if way != "new" else {}
    return Link("trends", {"of": noun, **looked_at, **_without(filters.to_query(), ZONE)})


def exported(receipt: Receipt) -> Link:
    """Return where that is shown today which an export or a picture showed."""
    question = find_question(receipt.question)
    screen = (question.name if question.screen is None else question.screen) or "overview"
    filters = dict(receipt.filters)
    if screen == "trends":
        step = filters["step"] = filters.get("step", Step.DAY.value)
        return Link(screen, _drawn(receipt.picture, Step(step)) | _without(filters, ZONE))
    if "first" in filters:  # of the ranks that a page of owners shows
        filters["page"] = str((int(filters["first"]) - 1) // PAGE_SIZE + 1)
    return Link(screen, _without(filters, "first", "last"))


def _drawn(picture: str | None, step: Step) -> dict[str, str]:
    """Return what a chart of Trends is of, which its title tells."""
    charts = [{"of": noun, "show": way} for noun in NOUNS for way in WAYS]
    return next((c for c in charts if title(c["of"], c["show"], step) == picture), {})


def _without(filters: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in filters.items() if name not in names}
