"""What Tally says to people beside the data: messages, empty states, errors and offers to undo."""

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
# Where icons, emoji, addresses and arrows begin to live in a text that has no Markdown any more.
LIVE = re.compile(r"[:@](?=\S)|(?<=www)\.(?=\S)|(?<=[<>~-])[>=-]", re.IGNORECASE)


@dataclass(frozen=True)
class Undo:
    """An offer to take something back: on which screen, what was done, and how to revert it."""

    screen: str
    done: str
    revert: Callable[[], str]


def escape(text: str) -> str:
    """Return `text` so that Streamlit's Markdown shows it as it is.

    Backslashes stop Markdown. Icons (`:material/x:`), addresses and arrows become live after that,
    in what is one piece of text; so a colour that names none makes pieces of them. Nothing is added
    that can be seen, or copied. What changes the direction of text goes, as it would turn the rest
    of the sentence.
    """
    text = undirected(text)
    pieces = {found.start() for found in LIVE.finditer(text)}

    def escaped(found: re.Match[str]) -> str:
        character = f"\\{found[0]}"
        return f":color[{character}]" if found.start() in pieces else character

    return MARKDOWN.sub(escaped, text)


def count(number: int, noun: str) -> str:
    """Return a number of things in words: `1 item`, `2,000 items`."""
    return counted(number, noun)


def say(text: str) -> None:
    """Keep one of our own texts for the next run, which shows it as a toast."""
    st.session_state[SAID] = text


def warn(text: str | None) -> None:
    """Keep a warning for the next run, which shows it until somebody closes it."""
    if text:
        st.session_state[WARNED] = text


def show_said() -> None:
    """Show what was said before this run, once."""
    warning = st.session_state.pop(WARNED, None)
    if warning:
        st.toast(escape(warning), icon=":material/warning:", duration="infinite")
    text = st.session_state.pop(SAID, None)
    if text:
        st.toast(text, icon=":material/check:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of Tally's own where it happens, and go on after the block."""
    try:
        yield
    except TallyError as error:
        trouble(error)


def trouble(error: TallyError) -> None:
    """Show an error: what happened and what to do is in its message, and the trace finds it."""
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
    """Do something and run the page again, which shows what `act` says; else show why not."""
    try:
        said = act()
    except TallyError as error:
        trouble(error)
        return
    if said:
        say(said)
    st.rerun()


def empty(what: str, next_step: str) -> None:
    """Say in our own words that there is nothing to show, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center", gap="xxsmall"):
        st.markdown(f"**{what}**", text_alignment="center")
        st.caption(next_step, text_alignment="center")


def no_items() -> None:
    """Say that the snapshot holds no items, and how they get there."""
    empty("Nobody owns an item yet.", "Add items on the Items page, then press Refresh data.")


def nothing_created(noun: str, *, narrowed: bool) -> None:
    """Say that there are no users or items yet, or none of an owner or in the days looked at."""
    if narrowed:
        empty(f"No {noun} were created here.", "Choose other days or another owner.")
    elif noun == "items":
        no_items()
    else:
        empty("Nothing was created yet.", "Look again after the next refresh.")


def nothing_found(search: str) -> None:
    """Say that nothing matches what was searched for."""
    empty(
        "Nothing matches.", f"Nothing contains “{escape(search)}”. Try less, or clear the search."
    )


def no_items_of(email: str | None) -> None:
    """Say that somebody owns nothing now, or is gone; the snapshot may show otherwise."""
    if email is None:
        empty("This user does not exist any more.", "They were deleted since the snapshot.")
    else:
        empty(f"{escape(email)} owns no items now.", "Refresh data to see it in the analytics.")


def nothing_matches(words: str, *, who: str = "Nobody") -> None:
    """Say that nobody, or nothing, matches what a list is narrowed by."""
    empty("Nothing matches.", f"{who} matches {escape(words)}. Leave something out.")


def nothing_new(days: int) -> None:
    """Say that no items were created in the last so many days."""
    empty(
        f"No items were created in the last {days} days.",
        "Choose a longer period, or look again after the next refresh.",
    )


def offer_undo(undo: Undo) -> None:
    """Offer on the next run to take something back; a later offer replaces an earlier one."""
    st.session_state[UNDO] = undo


def show_undo(screen: str) -> None:
    """Show the open offer of this screen, and carry it out when it is taken."""
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
