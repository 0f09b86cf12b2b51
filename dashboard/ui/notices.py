"""Messages on pages: toasts, warnings, empty states, errors and offers to undo."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.errors import NotFound, TallyError, Unavailable
from core.snapshots.reader import NONE_YET
from core.telemetry.setup import trace_id
from core.text.characters import undirected
from core.text.wording import counted

SAID = "notices.said"
WARNED = "notices.warned"
UNDO = "notices.undo"
MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")
# Where Streamlit would still create icons, emoji, links and arrows in a text with escaped Markdown.
LIVE = re.compile(r"[:@](?=\S)|(?<=www)\.(?=\S)|(?<=[<>~-])[>=-]", re.IGNORECASE)


@dataclass(frozen=True)
class Undo:
    """An offer to undo: the screen, a text about what was done, and how to revert it."""

    screen: str
    done: str
    revert: Callable[[], str]


def escape(text: str) -> str:
    """Escape `text` so that Streamlit's Markdown shows it literally.

    Backslashes escape Markdown. Afterwards Streamlit still turns icons (`:material/x:`), addresses
    and arrows within one text node into something else. So a colour directive without a colour
    splits the node there; it is invisible and not copied. Direction marks are removed, as they
    could reverse the rest of the sentence.
    """
    text = undirected(text)
    splits = {match.start() for match in LIVE.finditer(text)}

    def escaped(match: re.Match[str]) -> str:
        character = f"\\{match[0]}"
        return f":color[{character}]" if match.start() in splits else character

    return MARKDOWN.sub(escaped, text)


def count(number: int, noun: str) -> str:
    """Return a count with its noun: `1 item`, `2,000 items`."""
    return counted(number, noun)


def say(text: str) -> None:
    """Store a text, rendered as Markdown, that the next run shows as a toast."""
    st.session_state[SAID] = text


def warn(text: str | None) -> None:
    """Store a warning that the next run shows as a toast until somebody closes it."""
    if text:
        st.session_state[WARNED] = text


def show_said() -> None:
    """Show the stored texts as toasts, once."""
    warning = st.session_state.pop(WARNED, None)
    if warning:
        st.toast(escape(warning), icon=":material/warning:", duration="infinite")
    text = st.session_state.pop(SAID, None)
    if text:
        st.toast(text, icon=":material/check:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show a `TallyError` at this place on the page, and go on after the block."""
    try:
        yield
    except TallyError as error:
        trouble(error)


def trouble(error: TallyError) -> None:
    """Show an error's message, with the trace id."""
    if error.message == NONE_YET:
        empty("There is no data yet.", "Press Refresh data, or run `tally refresh`.")
        return
    identity = trace_id()
    text = escape(error.message) + (f"\n\nTrace {identity}" if identity else "")
    if isinstance(error, Unavailable | NotFound):
        st.warning(text, icon=":material/cloud_off:")
    else:
        st.error(text, icon=":material/error:")


def carry_out(act: Callable[[], str | None]) -> None:
    """Call `act` and rerun the page, which shows the returned message; show an error instead."""
    try:
        said = act()
    except TallyError as error:
        trouble(error)
        return
    if said:
        say(said)
    st.rerun()


def empty(what: str, next_step: str) -> None:
    """Show an empty state: why there is nothing, and what to do next; both may be Markdown."""
    with st.container(border=True, horizontal_alignment="center", gap="xxsmall"):
        st.markdown(f"**{what}**", text_alignment="center")
        st.caption(next_step, text_alignment="center")


def no_items() -> None:
    """Show the empty state of a snapshot without items."""
    empty("Nobody owns an item yet.", "Add items on the Items page, then press Refresh data.")


def nothing_created(noun: str, *, filtered: bool) -> None:
    """Show the empty state of a chart without users or items; `filtered` if it has filters."""
    if filtered:
        empty(f"No {noun} were created here.", "Choose other days or another owner.")
    elif noun == "items":
        no_items()
    else:
        empty("Nothing was created yet.", "Look again after the next refresh.")


def nothing_found(search: str) -> None:
    """Show the empty state of a search without results."""
    empty(
        "Nothing matches.", f"Nothing contains “{escape(search)}”. Try less, or clear the search."
    )


def no_items_of(email: str | None) -> None:
    """Show the empty state of a user's items; without `email` the user no longer exists."""
    if email is None:
        empty("This user does not exist any more.", "They were deleted since the snapshot.")
    else:
        empty(f"{escape(email)} owns no items now.", "Refresh data to see it in the analytics.")


def nothing_matches(words: str, *, who: str = "Nobody") -> None:
    """Show the empty state of a list whose filters (`words`) match nothing."""
    empty("Nothing matches.", f"{who} matches {escape(words)}. Leave something out.")


def nothing_new(days: int) -> None:
    """Show the empty state of a period without new items."""
    empty(
        f"No items were created in the last {days} days.",
        "Choose a longer period, or look again after the next refresh.",
    )


def offer_undo(undo: Undo) -> None:
    """Offer an undo from the next run on; it replaces an earlier offer."""
    st.session_state[UNDO] = undo


def show_undo(screen: str) -> None:
    """Show this screen's offer to undo, and carry it out when its button is pressed."""
    undo: Undo | None = st.session_state.get(UNDO)
    if undo is None or undo.screen != screen:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(undo.done, width="stretch")
        if st.button("Undo", icon=":material/undo:", key="undo"):
            carry_out(lambda: _revert(undo))
        if st.button("Dismiss", type="tertiary", key="undo-dismiss"):
            _withdraw()
            st.rerun()


def _revert(undo: Undo) -> str:
    said = undo.revert()
    _withdraw()
    return said


def _withdraw() -> None:
    st.session_state.pop(UNDO, None)
