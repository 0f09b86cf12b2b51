"""The columns of what may be exported row by row: their names, order and types."""

import polars as pl

NUMBER, TEXT, TRUTH = pl.Int64(), pl.String(), pl.Boolean()
MOMENT = pl.Datetime("us", "UTC")

OWNERS = pl.Schema(
    {
        "rank": NUMBER,
        "user_id": NUMBER,
        "email": TEXT,
        "full_name": TEXT,
        "is_active": TRUTH,
        "created_at": MOMENT,
        "item_count": NUMBER,
    }
)
ITEMS = pl.Schema(
    {
        "item_id": NUMBER,
        "owner_id": NUMBER,
        "title": TEXT,
        "description": TEXT,
        "created_at": MOMENT,
    }
)
USERS = pl.Schema(
    {
        "user_id": NUMBER,
        "email": TEXT,
        "full_name": TEXT,
        "is_active": TRUTH,
        "is_superuser": TRUTH,
        "created_at": MOMENT,
    }
)
_TEXTS = (
    "actor",
    "action",
    "subject",
    "changes",
    "outcome",
    "address",
    "trace_id",
    "token",
    "details",
)
EVENTS = pl.Schema([("at", MOMENT), *((name, TEXT) for name in _TEXTS)])
