"""What the page Trends offers to look at, and the words for it."""

from core.calendar.steps import Step

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


def title(noun: str, way: str, step: Step) -> str:
    """Return what a chart of trends is called, on the page and as a picture."""
    return f"{NOUNS[noun]} in all" if way == "total" else f"New {noun} by {step}"
