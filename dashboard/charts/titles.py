"""Titles of charts and descriptions of their filters, for pages and pictures."""

from typing import Final, Literal

from core.analytics.owner_filter import Activity, OwnerFilter
from core.calendar.periods import Period
from core.calendar.steps import Step
from core.text.wording import counted

NOUNS = {"items": "Items", "users": "Users"}
WAYS = {"new": "Per period", "total": "Cumulative"}
BRUSH = (
    "Days begin and end in {zone}. Drag across the lower chart to look closer, double-click it to "
    "see everything. The figures below are those of From and Until; the mean is of whole {step}s."
)
OF_ITEMS = "Users have no owner, so this is about all of them."
CUT = (
    "The chart has room for the last {most:,} steps, so it begins at {first}; "
    "choose a longer step to see all since {earliest}."
)

TITLES = {
    period: f"Items created in the last {period.days} days" if period.days else "Items owned"
    for period in Period
}
RULES = {
    period: "The ten users who own most "
    + (f"of the items created in the last {period.days} days" if period.days else "items")
    + "; those with as many stand by user id."
    for period in Period
}
ANY: Final = "any"
ACTIVITY: dict[Activity | Literal["any"], str] = {
    ANY: "Any",
    "yes": "Active",
    "no": "Not active",
}


def title(noun: str, way: str, step: Step) -> str:
    """Return the title of a chart of trends."""
    return f"{NOUNS[noun]} in all" if way == "total" else f"New {noun} by {step}"


def describe(filters: OwnerFilter) -> dict[str, str]:
    """Return descriptions of the filters that are set, by parameter, except text and period."""
    parts = {
        "least": f"At least {counted(filters.least or 0, 'item')}",
        "most": f"At most {counted(filters.most or 0, 'item')}",
        "active": ACTIVITY[filters.active or ANY],
        "joined_from": f"Joined from {filters.joined_from}",
        "joined_until": f"Joined until {filters.joined_until}",
    }
    return {name: text for name, text in parts.items() if getattr(filters, name) is not None}


def words(filters: OwnerFilter) -> str:
    """Return one description of all filters that are set."""
    text = [f"“{filters.search}”"] if filters.search else []
    return ", ".join([*text, *(part.lower() for part in describe(filters).values())])
