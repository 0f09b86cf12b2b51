"""Picks an earlier snapshot, out of those still on disk, to compare the current one with."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import streamlit as st

from core.analytics import metrics
from core.analytics.frames import to_frame
from core.analytics.rank_changes import Movement, compare
from core.calendar.periods import Period
from core.errors import Unavailable
from core.snapshots import reader
from core.snapshots.manifest import Broken
from core.snapshots.reader import TOP_OWNERS, Snapshot
from dashboard.cache import answers
from dashboard.ui import local_time, url_state

PARAMETER = "since"
NONE_KEPT = "There is no earlier snapshot on disk to compare with yet."
GONE = "There is no snapshot “{asked}” on disk, so this compares with that of {name}."
NOBODY = "Nobody owned such items at {name}, so there is nothing to compare with."
DAMAGED = "The snapshot of {name} cannot be read any more. Choose another one to compare with."


@dataclass(frozen=True)
class Earlier:
    """An earlier snapshot that can be chosen; its files are verified when it is."""

    folder: Path
    generation: int
    taken_at: datetime


def choose(shown: Snapshot) -> tuple[Earlier | None, list[str]]:
    """Draw the choice of an earlier snapshot; return it, and warnings about the address.

    The default is the snapshot just before.
    """
    kept = {each.generation: each for each in known(shown)}
    if not kept:
        st.caption(NONE_KEPT, width="content")
        return None, []
    text = url_state.get(PARAMETER)
    requested = int(text) if text.isascii() and text.isdigit() else max(kept)
    generation = min(kept, key=lambda number: (abs(number - requested), -number))
    warnings = []
    if text and str(generation) != text:
        warnings.append(GONE.format(asked=text[:20], name=name(kept[generation])))
    st.selectbox(
        "Compared with",
        list(kept),
        format_func=lambda number: f"Since {name(kept[number])}",
        key=url_state.show(PARAMETER, generation),
        label_visibility="collapsed",
        on_change=url_state.take,
        args=(PARAMETER,),
        width=260,
    )
    return kept[generation], warnings


@answers.kept
def movement(snapshot: Snapshot, before: Earlier | None, period: Period) -> Movement:
    """Return the changes of rank among the top owners since an earlier snapshot, if there is one.

    Raises `Unavailable` if that snapshot is gone or damaged.
    """
    now = to_frame(answers.top_owners(snapshot, period))
    then = now if before is None else _top_owners(before, period)
    return compare(now, then, most=metrics.TOP)


def remarks(found: Movement, before: Earlier | None) -> list[str]:
    """Return a sentence if the earlier snapshot had no owners to compare with."""
    if before is None or found.comparable or not found.rows.num_rows:
        return []
    return [NOBODY.format(name=name(before))]


def name(snapshot: Earlier) -> str:
    """Return a snapshot's label: when it was taken, and how long ago."""
    return f"{local_time.clock(snapshot.taken_at)} ({local_time.ago(snapshot.taken_at)})"


@answers.kept
def known(shown: Snapshot) -> list[Earlier]:
    """Return the kept snapshots from before the one that is shown."""
    # Cached by the shown snapshot: no earlier one is deleted before a newer one is published.
    return [
        Earlier(each.folder, each.generation, each.taken_at)
        for each in reader.kept()
        if each.generation < shown.generation
    ]


def _top_owners(before: Earlier, period: Period) -> pl.DataFrame:
    try:
        snapshot = reader.open_kept(before.folder)
        reader.verify_dataset(snapshot, TOP_OWNERS)
    except (OSError, Broken) as error:
        raise Unavailable(DAMAGED.format(name=name(before))) from error
    return metrics.top_owners(snapshot, period)
