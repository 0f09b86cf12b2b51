"""What the page Trends offers to look at, and the words for it."""

NOUNS = {"items": "Items", "users": "Users"}
WAYS = {"new": "Per period", "total": "Cumulative"}
OF_ITEMS = "Users have no owner, so this is about all of them."
CUT = (
    "The chart has room for the last {most:,} steps, so it begins at {first}; "
    "choose a longer step to see all since {earliest}."
)
