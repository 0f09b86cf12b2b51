"""The snapshots still on disk that the one shown can be compared with, and the choice of one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import streamlit as st

from core.analytics import metrics
from core.analytics.frames import to_frame
from core.analytics.ranking.rank_changes import Movement, compare
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
    """An earlier snapshot as it is offered; its files are looked at when it is chosen."""

    folder: Path
    generation: int
    taken_at: datetime


def choose(shown: Snapshot) -> tuple[Earlier | None, list[str]]:
    """Draw the choice of an earlier snapshot; return it, and what of the address was changed.

    At first it is the one just before.
    """
    kept = {each.generation: each for each in _known(shown)}
    if not kept:
        st.caption(NONE_KEPT, width="content")
        return None, []
    asked = url_state.get(PARAMETER)
    filters = int(asked) if asked.isascii() and asked.isdigit() else max(kept)
    generation = min(kept, key=lambda number: (abs(number - filters), -number))
    notes = []
    if asked and str(generation) != asked:
        notes.append(GONE.format(asked=asked[:20], name=name(kept[generation])))
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
    return kept[generation], notes


@answers.kept
def movement(snapshot: Snapshot, before: Earlier | None, period: Period) -> Movement:
    """Return who moved among the first owners since an earlier snapshot; without one, nobody.

    Raises `Unavailable` when that is gone or damaged.
    """
    now = to_frame(answers.top_owners(snapshot, period))
    then = now if before is None else _top_owners(before, period)
    return compare(now, then, most=metrics.TOP)


def remarks(found: Movement, before: Earlier | None) -> list[str]:
    """Return a sentence for people when there was nobody to compare with."""
    if before is None or found.comparable or not found.rows.num_rows:
        return []
    return [NOBODY.format(name=name(before))]


def name(snapshot: Earlier) -> str:
    """Return a snapshot as people know it: when it was taken, and how long ago."""
    return f"{local_time.clock(snapshot.taken_at)} ({local_time.ago(snapshot.taken_at)})"


@answers.kept
def _known(shown: Snapshot) -> list[Earlier]:
    # None goes before there is a newer one than that which is shown.
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
