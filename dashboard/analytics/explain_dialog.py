"""Explains a number: a button next to a figure, and a dialog with its SQL, rows and a recount."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import process
from core.actor import Actor
from core.analytics import explanations
from core.analytics import recount as recounting
from core.analytics.explanations import Explanation
from core.analytics.recount import Recount
from core.analytics.trend_filter import TrendFilter
from core.snapshots.reader import Snapshot
from dashboard.cache import answers, pinned_snapshot
from dashboard.cache.run_queue import RunQueue
from dashboard.ui import dialogs, local_time, notices, tables
from dashboard.ui.tables import MISSING, ROW_HEIGHT

RECOUNTED = "explaining.recounted"
MOST_NAMED = 20
MOST_STEPS = 400  # more than anybody scrolls through
HELP = "Explain: what this number counts, the SQL, the rows, and a recount in the database"


@dataclass(frozen=True)
class Asked:
    """The number being explained, and its page; see `core.analytics.explanations.ask`."""

    page: str
    name: str
    about: Mapping[str, Any] = field(default_factory=dict)


def button(name: str, *, place: DeltaGenerator | None = None, **about: Any) -> None:
    """Draw the button that explains a number; `name` and `about` as in `explanations.ask`."""
    key = "-".join(["explain", name, *(f"{value}" for value in about.values())])
    (place or st).button(
        "Explain",
        type="tertiary",
        key=key,
        help=HELP,
        on_click=open_for,
        args=(name,),
        kwargs=about,
    )


def users(rows: pl.DataFrame, *, period: str = "all") -> None:
    """Draw a choice of the users on this page; it explains the number of a user's items.

    `rows` has user_id, email and item_count; the counts are those of `period`, as in
    `core.calendar.periods`.
    """
    ids = rows["user_id"].to_list()
    counted = zip(rows["email"], rows["item_count"], strict=True)
    labels = dict(zip(ids, (f"{email}: {count:,}" for email, count in counted), strict=True))
    _choice(
        ids,
        labels.__getitem__,
        placeholder="Explain the items of a user",
        key=f"explain-users-{period}-{zlib.crc32(repr(ids).encode()):08x}",
        about=lambda user_id: ("items_of_user", {"user_id": user_id, "period": period}),
    )


def steps(counted: pl.DataFrame, *, noun: str, filters: TrendFilter) -> None:
    """Draw a choice of a chart's steps, newest first; it explains the number of one step.

    `counted` has `day` (the first day of each step in the reader's zone) and `count` (of the users
    or items that `noun` names). A step that the filters' window cuts counts only the days in it.
    """
    zone = local_time.zone()
    some = counted.filter(pl.col("count") > 0).sort("day", descending=True).head(MOST_STEPS)
    ends = dict(zip(some["day"], some["day"].dt.offset_by(filters.step.length), strict=True))
    counts = dict(zip(some["day"], some["count"], strict=True))

    def about(day: date) -> tuple[str, dict[str, Any]]:
        first, end = filters.window.cut(day, ends[day])
        since, until = (datetime.combine(at, time(), zone) for at in (first, end))
        owner = {} if filters.owner is None else {"owner_id": filters.owner}
        return f"created_{noun}", {"since": since, "until": until, **owner}

    _choice(
        list(counts),
        lambda day: f"{day}: {counts[day]:,}",
        placeholder=f"Explain the {noun} created in a time",
        key=f"explain-steps-{noun}-{filters.step}-{filters.owner}",
        about=about,
    )


def _choice(
    options: Sequence[Any],
    label: Callable[[Any], str],
    *,
    placeholder: str,
    key: str,
    about: Callable[[Any], tuple[str, Mapping[str, Any]]],
) -> None:
    def chosen() -> None:
        option = st.session_state[key]
        if option is not None:
            name, parameters = about(option)
            open_for(name, **parameters)
            st.session_state[key] = None  # so that the same option can be chosen again

    st.selectbox(
        placeholder,
        options,
        index=None,
        format_func=label,
        key=key,
        on_change=chosen,
        placeholder=placeholder,
        label_visibility="collapsed",
        width=320,
        help=HELP,
    )


def open_for(name: str, **about: Any) -> None:
    """Open the dialog at the next run of this page; `name` and `about` as in `explanations.ask`."""
    st.session_state[dialogs.EXPLANATION] = Asked(_page(), name, about)
    st.session_state.pop(RECOUNTED, None)


def show(actor: Actor) -> None:
    """Show the dialog if a number of this page is being explained."""
    asked: Asked | None = st.session_state.get(dialogs.EXPLANATION)
    if asked is None:
        return
    if asked.page != _page():  # the user left the page with the browser's back button
        _close()
        return
    st.dialog("Explain", width="large", on_dismiss=_close)(_explain)(
        actor, asked, pinned_snapshot.snapshot()
    )


def _explain(actor: Actor, asked: Asked, snapshot: Snapshot) -> None:
    with notices.errors_shown():
        question = explanations.ask(snapshot, asked.name, **asked.about)
        found = answers.explanation(snapshot, question)
        _answer(found, snapshot)
        _recount(actor, found, snapshot)
        _rows(found)
        _sql(found)


def _answer(found: Explanation, snapshot: Snapshot) -> None:
    taken = local_time.clock(snapshot.taken_at)
    st.metric(notices.escape(found.question.title), f"{found.count:,}")
    st.markdown(found.question.definition)
    st.caption(f"Counted in snapshot {snapshot.generation}, as of {taken}.")


def _recount(actor: Actor, found: Explanation, snapshot: Snapshot) -> None:
    if st.button("Recount in the database", icon=":material/database:", key="explain-recount"):
        with notices.errors_shown(), st.spinner("Counting"):
            count = partial(
                recounting.recount, actor=actor, snapshot=snapshot, question=found.question
            )
            st.session_state[RECOUNTED] = process.resource(RunQueue).outside(count)
    recounted: Recount | None = st.session_state.get(RECOUNTED)
    if recounted is not None:
        with st.container(border=True, gap="xxsmall"):
            for line in describe(found, recounted):
                st.markdown(line)


def describe(found: Explanation, now: Recount) -> list[str]:
    """Return sentences, as Markdown, that compare a recount with the snapshot."""
    more = now.count - found.count
    change = f"{abs(more):,} {'more' if more > 0 else 'fewer'}" if more else "the same number"
    at = now.at.astimezone(local_time.zone())
    lines = [f"**{now.count:,}** in the database at {at:%H:%M:%S}, {change}."]
    noun = "item" if found.question.kind == "items" else "user"
    if now.newer:
        lines.append(f"Newer: {noun} {_ids(now.newer)}.")
    if now.gone:
        lines.append(f"Gone: {noun} {_ids(now.gone)}.")
    if not now.named:
        lines.append("Which rows differ is not known for all of them.")
    elif not now.newer and not now.gone:
        lines.append("The same rows.")
    return lines


def _rows(found: Explanation) -> None:
    shown = found.rows.num_rows
    of = f"1 to {shown:,} of {notices.count(found.count, 'row')}, by id" if shown else "No rows"
    tables.tell(of, visible=shown, count=found.count if shown else 0)
    if shown:
        st.dataframe(
            found.rows,
            hide_index=True,
            height=min(shown + 1, 8) * ROW_HEIGHT,
            row_height=ROW_HEIGHT,
            placeholder=MISSING,
            alt="The rows that were counted",
            column_config={
                "id": st.column_config.NumberColumn("Id", format="%d"),
                "title": "Title",
                "owner_id": st.column_config.NumberColumn("Owner", format="%d"),
                "email": "User",
                "full_name": "Name",
                "is_active": "Active",
                "created_at": st.column_config.DatetimeColumn(
                    "Created", format="YYYY-MM-DD HH:mm", timezone=local_time.zone().key
                ),
            },
        )


def _sql(found: Explanation) -> None:
    with st.expander("SQL"):
        st.code(found.sql, language="sql", wrap_lines=True)
        for name, value in found.parameters.items():
            st.text(f"${name} = {'NULL' if value is None else value}")
        st.caption("$files and $items are the Parquet files of the snapshot. DuckDB ran this.")


def _ids(ids: Sequence[int]) -> str:
    named = ", ".join(map(str, ids[:MOST_NAMED]))
    rest = len(ids) - MOST_NAMED
    return f"{named} and {rest:,} more" if rest > 0 else named


def _page() -> str:
    return str(st.context.url or "").split("?")[0]


def _close() -> None:
    st.session_state.pop(dialogs.EXPLANATION, None)
    st.session_state.pop(RECOUNTED, None)
