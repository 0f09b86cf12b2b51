"""The columns of exported tables: their names, order and types."""

from datetime import datetime

import polars as pl

from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS

NUMBER, TEXT, TRUTH = pl.Int64(), pl.String(), pl.Boolean()
MOMENT = pl.Datetime("us", "UTC")
KINDS = {int: NUMBER, str: TEXT, bool: TRUTH, datetime: MOMENT}

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
ITEMS, USERS = (
    pl.Schema({column.file_name: KINDS[column.type] for column in columns if column.exported})
    for columns in (ITEM_COLUMNS, USER_COLUMNS)
)
# The columns of receipts that do not list their columns, from before more columns were added.
FIRST = {
    "items": ("item_id", "owner_id", "title", "description", "created_at"),
    "users": ("user_id", "email", "full_name", "is_active", "is_superuser", "created_at"),
}
