"""Links from a number to the page that lists exactly what was counted, with its filters set."""

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

ZONE = "zone"  # left out of links to pages that use the reader's own zone


@dataclass(frozen=True)
class Link:
    """A link to a screen, by name, with its query parameters."""

    screen: str
    query: Mapping[str, str] = field(default_factory=dict)


def items_of(user_id: int, period: Period = Period.ALL) -> Link:
    """Return the link to a user's items, all or those created in a period."""
    return Link("items", RowFilter(owner=user_id, period=period).to_query())


def new(noun: str, period: Period) -> Link:
    """Return the link to the users or items (`noun`) created in a period."""
    return Link(noun, RowFilter(period=period).to_query())


def active_users() -> Link:
    """Return the link to the active users."""
    return Link("users", RowFilter(active="yes").to_query())


def trend(noun: str, filters: TrendFilter, way: str = "new") -> Link:
    """Return the link to the Trends page for a chart; that page uses the reader's zone as well."""
    show = {"show": way} if way != "new" else {}
    return Link("trends", {"of": noun, **show, **_without(filters.to_query(), ZONE)})


def exported(receipt: Receipt) -> Link:
    """Return the link to the page that shows the same data as an export or picture, as of today."""
    question = find_question(receipt.question)
    screen = (question.name if question.screen is None else question.screen) or "overview"
    filters = dict(receipt.filters)
    if screen == "trends":
        step = filters["step"] = filters.get("step", Step.DAY.value)
        return Link(screen, _drawn(receipt.picture, Step(step)) | _without(filters, ZONE))
    if "first" in filters:  # a range of ranks, which corresponds to a page of owners
        filters["page"] = str((int(filters["first"]) - 1) // PAGE_SIZE + 1)
    return Link(screen, _without(filters, "first", "last"))


def _drawn(picture: str | None, step: Step) -> dict[str, str]:
    """Return the parameters of a chart of Trends, found by its title."""
    charts = [{"of": noun, "show": way} for noun in NOUNS for way in WAYS]
    return next((c for c in charts if title(c["of"], c["show"], step) == picture), {})


def _without(filters: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in filters.items() if name not in names}
