"""The temporary tables that hold an import's lines, and the SQL that then stores them."""

from collections.abc import Sequence
from datetime import datetime

from core.columns.column import Column, read_by_people
from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS

TYPES = {str: "text", bool: "boolean", datetime: "timestamptz"}
TIMES, OWNER = ("created_at", "updated_at"), "owner_email"


def imported(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that files may contain, in the order for people."""
    return [column for column in read_by_people(columns) if column.imported]


def _table(name: str, columns: Sequence[Column]) -> str:
    definitions = ", ".join(f"{column.name} {TYPES[column.type]}" for column in imported(columns))
    return f"CREATE TEMPORARY TABLE {name} (line bigint, {definitions}) ON COMMIT DROP"


def _stored(columns: Sequence[Column]) -> str:
    """Return the columns that are copied from a line without change."""
    names = (column.name for column in imported(columns))
    return ", ".join(name for name in names if name not in {*TIMES, OWNER})


TEMPORARY_TABLES = f"{_table('import_user', USER_COLUMNS)}; {_table('import_item', ITEM_COLUMNS)}"
FILL_MISSING_NAMES = """
    UPDATE "user" SET full_name = i.full_name, version = version + 1, updated_at = now()
    FROM import_user i
    WHERE lower("user".email) = i.email AND "user".full_name IS NULL AND i.full_name IS NOT NULL
"""
# Users are locked in order of id, as everywhere. One import at a time may add new addresses.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(:key)"
LOCK_KEY = 0x7A11_0005
LOCK_UNNAMED = """
    SELECT FROM "user" u JOIN import_user i ON lower(u.email) = i.email
    WHERE u.full_name IS NULL AND i.full_name IS NOT NULL
    ORDER BY u.id FOR NO KEY UPDATE OF u
"""
ADD_USERS = f"""
    INSERT INTO "user" ({_stored(USER_COLUMNS)}, hashed_password, created_at, updated_at)
    SELECT {_stored(USER_COLUMNS)}, :password, coalesce(created_at, now()),
        coalesce(updated_at, now())
    FROM import_user i
    WHERE NOT EXISTS (SELECT FROM "user" u WHERE lower(u.email) = i.email)
    ORDER BY line
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # names of columns
# The lock lasts until the commit, so that no owner is deleted between the check and the insert.
FIND_OWNERS = """
    CREATE TEMPORARY TABLE import_owner ON COMMIT DROP AS
    SELECT u.id, i.owner_email
    FROM (SELECT DISTINCT owner_email FROM import_item) i
    JOIN "user" u ON lower(u.email) = i.owner_email
    ORDER BY u.id
    FOR KEY SHARE OF u
"""
UNKNOWN_OWNERS = """
    SELECT line, owner_email FROM import_item i
    WHERE NOT EXISTS (SELECT FROM import_owner o WHERE o.owner_email = i.owner_email)
    ORDER BY line
"""
ADD_ITEMS = f"""
    INSERT INTO item ({_stored(ITEM_COLUMNS)}, owner_id, created_at, updated_at)
    SELECT {_stored(ITEM_COLUMNS)}, o.id, coalesce(i.created_at, now()),
        coalesce(i.updated_at, now())
    FROM import_item i JOIN import_owner o USING (owner_email)
    ORDER BY i.line
"""  # noqa: S608  # names of columns
