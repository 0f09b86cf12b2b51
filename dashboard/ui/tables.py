"""Tables for pages: their columns and formats, and the chosen row."""

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from core.analytics.columns import KINDS
from core.analytics.frames import to_table
from core.columns.column import Column, read_by_people
from core.columns.items import ITEM_COLUMNS
from core.columns.users import USER_COLUMNS
from core.db.models import ApiToken, Item, User
from dashboard.ui import local_time

Row = TypeVar("Row", User, Item, ApiToken)
Choice = TypeVar("Choice")
ROW_HEIGHT = 32
MISSING = "-"


def owners(page: pl.DataFrame, *, name: str) -> int | None:
    """Show a page of `items_by_user`; return the id of the chosen user."""
    frame = page.with_columns(active=_yes_no("is_active"))
    ids: list[int] = page["user_id"].to_list()
    return choose(
        frame.select("rank", "item_count", "email", "full_name", "active", "created_at"),
        ids,
        identities=ids,
        name=name,
        columns={
            "rank": _count("Rank", width=60),
            "email": _text("User", 280),
            "full_name": _text("Name", 220),
            "item_count": _count("Items", width=90),
            "active": _text("Active", 60),
            "created_at": _moment("Joined"),
        },
    )


def top_owners(rows: pl.DataFrame, *, since: str | None) -> int | None:
    """Show the rows of a `Movement`; return the chosen user's id.

    `since` names the earlier snapshot; without it, the column of changes is left out.
    """
    frame = rows.with_columns(active=_yes_no("is_active"), moved=_moved())
    names = ["rank", "moved", "item_count", "email", "full_name", "active", "user_id"]
    ids: list[int] = rows["user_id"].to_list()
    return choose(
        frame.select(name for name in names if since or name != "moved"),
        ids,
        identities=ids,
        name="The users who own most items",
        columns={
            "rank": _count("Rank", width=60),
            "moved": st.column_config.TextColumn("Moved", width=80, help=f"Since {since}"),
            "active": _text("Active", 60),
            "email": _text("User", 280),
            "full_name": _text("Name", 220),
            "item_count": _count("Items", width=90),
            "user_id": _identity("User id"),
        },
    )


def dropped(rows: pl.DataFrame) -> None:
    """Show the owners of a `Movement` who have dropped out of the top."""
    beyond = pl.lit("not among the first 100")
    now = pl.coalesce(pl.format("now {}", "rank"), beyond)
    _show(
        rows.select("was", now=now, email="email", full_name="full_name"),
        name="Users who dropped out",
        columns={
            "was": _count("Was", width=60),
            "now": _text("Now", 160),
            "email": _text("User", 280),
            "full_name": _text("Name", 220),
        },
    )


def users(rows: Sequence[User]) -> User | None:
    """Show users; return the chosen one."""
    frame, columns = _listed(rows, USER_COLUMNS, is_active="active")
    roles = pl.Series("role", [role(user) for user in rows], dtype=pl.String)
    frame.insert_column(frame.get_column_index("active"), roles)
    return _choose_row(frame, rows, name="Users", columns={**columns, "role": _text("Role", 90)})


def items(rows: Sequence[Item]) -> Item | None:
    """Show items with their owners; return the chosen one."""
    frame, columns = _listed(rows, ITEM_COLUMNS, owner_email="owner")
    return _choose_row(frame, rows, name="Items", columns=columns)


def tokens(rows: Sequence[ApiToken]) -> ApiToken | None:
    """Show API tokens; return the chosen one."""
    frame = pl.DataFrame(
        {
            "name": [t.name for t in rows],
            "scopes": [", ".join(t.scopes) for t in rows],
            "created_at": [t.created_at for t in rows],
            "last_used_at": [t.last_used_at for t in rows],
            "expires_at": [t.expires_at for t in rows],
            "holds": ["Yes" if t.expires_at > datetime.now(UTC) else "Expired" for t in rows],
            "id": [t.id for t in rows],
        },
        schema_overrides={"last_used_at": pl.Datetime("us", "UTC")},
    )
    columns = {
        "name": _text("Name", 220),
        "scopes": _text("Scopes", 280),
        "created_at": _moment("Created"),
        "last_used_at": _moment("Last used"),
        "expires_at": _moment("Expires"),
        "holds": _text("Valid", 70),
        "id": _identity("Id"),
    }
    return _choose_row(frame, rows, name="API tokens", columns=columns)


def tell(text: str, *, visible: int, count: int, elsewhere: str = "") -> None:
    """Say above a table what it shows and, if not all rows, what its sorting and search cover.

    Streamlit cannot turn those off in tables whose rows can be chosen. `elsewhere` says where to
    find all rows.
    """
    if visible < count:
        rest = f"; {elsewhere}" if elsewhere else ""
        text = f"{text}. Sorting and search in this table cover the {visible:,} rows shown{rest}."
    st.caption(text)


def newest(rows: Sequence[Any], most: int, noun: str) -> Sequence[Any]:
    """Return the newest rows of a history; if there are older ones, say so on the page."""
    if len(rows) > most:
        tell(f"The newest {most:,} {noun}", visible=most, count=len(rows))
    return rows[:most]


def role(user: User) -> str | None:
    """Return a user's role in one word, or None for a user who cannot sign in."""
    if user.is_superuser:
        return "Superuser"
    return "Staff" if user.is_staff else None


def _listed(
    rows: Sequence[User] | Sequence[Item], columns: Iterable[Column], **names: str
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return what a list shows of rows, and how; `names` are those of columns that differ there."""
    listed = {names.get(c.name, c.name): c for c in read_by_people(columns) if c.width}
    cells = {name: [_cell(getattr(row, c.name)) for row in rows] for name, c in listed.items()}
    kinds = {name: KINDS[str if c.type is bool else c.type] for name, c in listed.items()}
    return pl.DataFrame(cells, schema=kinds), {name: _heading(c) for name, c in listed.items()}


def _cell(value: Any) -> Any:
    return ("Yes" if value else "No") if isinstance(value, bool) else value


def _heading(column: Column) -> Any:
    label = column.heading or column.label
    if column.name == "id":
        return _identity(label, column.width)
    if column.type is datetime:
        return _moment(label, column.width)
    if column.type is int:
        return _count(label, width=column.width)
    return _text(label, column.width)


def choose(
    frame: pl.DataFrame,
    rows: Sequence[Choice],
    *,
    identities: Sequence[object],
    name: str,
    columns: dict[str, Any],
    most_rows: int | None = None,
) -> Choice | None:
    """Show a row of `frame` for each of `rows`; return the chosen one.

    The table scrolls when it has more than `most_rows`.
    """
    # The key depends on the rows, so that a choice never carries over to another row.
    identity = zlib.crc32(repr(identities).encode())
    is_long = most_rows is not None and len(rows) > most_rows
    state = st.dataframe(
        to_table(frame),
        column_config=columns,
        hide_index=True,
        height=most_rows * ROW_HEIGHT if most_rows and is_long else "content",
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        alt=name,
        key=f"{name.lower()}-{identity:08x}",
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = state.selection.rows
    return rows[chosen[0]] if chosen and chosen[0] < len(rows) else None


def _choose_row(
    frame: pl.DataFrame, rows: Sequence[Row], *, name: str, columns: dict[str, Any]
) -> Row | None:
    identities = [(row.id, getattr(row, "version", 0)) for row in rows]
    return choose(frame, rows, identities=identities, name=name, columns=columns)


def _show(frame: pl.DataFrame, *, name: str, columns: dict[str, Any]) -> None:
    st.dataframe(
        to_table(frame),
        column_config=columns,
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        alt=name,
    )


def _text(label: str, width: int) -> Any:
    return st.column_config.TextColumn(label, width=width)


def _identity(label: str, width: int = 70) -> Any:
    return st.column_config.NumberColumn(label, format="%d", width=width)


def _count(label: str, *, width: int) -> Any:
    return st.column_config.NumberColumn(label, format="%,d", width=width)


def _moment(label: str, width: int = 125) -> Any:
    return st.column_config.DatetimeColumn(
        label, format="YYYY-MM-DD HH:mm", timezone=local_time.zone().key, width=width
    )


def _moved() -> pl.Expr:
    up = pl.col("was") - pl.col("rank")
    return (
        pl.when(up.is_null())
        .then(pl.lit("new"))
        .when(up > 0)
        .then(pl.format("▲ up {}", up))
        .when(up < 0)
        .then(pl.format("▼ down {}", -up))
        .otherwise(pl.lit("as before"))
    )


def _yes_no(column: str) -> pl.Expr:
    return pl.when(column).then(pl.lit("Yes")).otherwise(pl.lit("No"))
