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
        "owner_email": TEXT,
        "title": TEXT,
        "description": TEXT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
USERS = pl.Schema(
    {
        "user_id": NUMBER,
        "email": TEXT,
        "full_name": TEXT,
        "is_active": TRUTH,
        "is_staff": TRUTH,
        "is_superuser": TRUTH,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
# What receipts cover that do not name their columns: those of exports before there were more.
FIRST = {
    "items": ("item_id", "owner_id", "title", "description", "created_at"),
    "users": ("user_id", "email", "full_name", "is_active", "is_superuser", "created_at"),
}
