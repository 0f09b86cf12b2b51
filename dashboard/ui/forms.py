"""Dialogs with a form or a question: shown, saved, and kept open when saving fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import Conflict, Invalid, TallyError
from dashboard.auth.current_user import current_actor
from dashboard.ui import drafts, notices
from dashboard.ui.drafts import Draft
from dashboard.ui.form_tickets import Ticket, issue

OPTIONAL = " (optional)"
EMPTY = "(empty)"
CANCEL = "Cancel"


@dataclass(frozen=True)
class Dialog:
    """The dialog of one action: its title, and the function that draws it."""

    title: str
    draw: Callable[[Draft], None]


class Fields:
    """The fields of a form: what is typed in each, and a place below each for what is wrong."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.values: dict[str, Any] = {}
        self._labels: dict[str, str] = {}
        self._below: dict[str, Any] = {}

    def text(self, name: str, label: str, **options: Any) -> None:
        """Draw a line of text."""
        began = self.draft.values.get(name) or ""
        self.values[name] = st.text_input(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def area(self, name: str, label: str, **options: Any) -> None:
        """Draw a field for several lines of text."""
        began = self.draft.values.get(name) or ""
        self.values[name] = st.text_area(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def box(self, name: str, label: str, **options: Any) -> None:
        """Draw a check box."""
        began = bool(self.draft.values.get(name))
        self.values[name] = st.checkbox(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def one_of(self, name: str, label: str, choices: Sequence[str]) -> None:
        """Draw a choice of one."""
        began = choices.index(self.draft.values.get(name, choices[0]))
        self.values[name] = st.selectbox(label, choices, began, key=self._key(name))
        self._remember(name, label)

    def some_of(self, name: str, label: str, choices: Mapping[Any, str]) -> None:
        """Draw a choice of several, with a text for each."""
        began = self.draft.values.get(name) or []
        self.values[name] = st.multiselect(
            label, list(choices), began, format_func=choices.__getitem__, key=self._key(name)
        )
        self._remember(name, label)

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Say below each field what is wrong with it."""
        for name, message in errors.items():
            place = self._below.get(name, st)
            place.markdown(f":red[:small[:material/error: {notices.escape(message)}]]")

    def differences(self, current: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Return label, typed and current value of the fields in which the two differ."""
        return [
            (self._labels[name], _words(value), _words(current[name]))
            for name, value in self.values.items()
            if name in current and _words(value) != _words(current[name])
        ]

    def _remember(self, name: str, label: str) -> None:
        self._labels[name] = label.removesuffix(OPTIONAL)
        self._below[name] = st.empty()

    def _key(self, name: str) -> str:
        return f"{self.draft.key}-{name}"


def show(screen: str, actions: Mapping[str, Dialog]) -> None:
    """Show the dialog that is open on a screen, if one is; `actions` has one for each action.

    What is typed in a form is in the browser until it is submitted, so neither Escape nor a click
    beside it closes one: only its own buttons do.
    """
    draft = drafts.opened(screen)
    if draft is None:
        return
    dialog = actions[draft.action]

    def drawn() -> None:
        dialog.draw(draft)
        if draft.is_form:
            _mark(draft)

    st.dialog(dialog.title, dismissible=not draft.is_form, on_dismiss=drafts.discard)(drawn)()


def _mark(draft: Draft) -> None:
    """Tell the browser which form it is, so that what is typed can be kept; see `kept_forms`."""
    ticket = Ticket(draft.screen, draft.action, draft.id, draft.version)
    st.html(f'<span hidden data-tally-form="{issue(current_actor(), ticket)}"></span>')


def edit(draft: Draft, draw: Callable[[Fields], None], save: Callable[[Fields], str]) -> None:
    """Draw a form and save it when it is submitted.

    `draw` draws the fields. `save` stores them and returns what to say about it. Whatever goes
    wrong is shown in the form, which keeps what was typed.
    """
    with st.form(draft.key, border=False):
        fields = Fields(draft)
        draw(fields)
        place = st.empty()
        pressed, cancelled = _buttons(draft, place)
    if cancelled:
        drafts.leave()
    if pressed or draft.insists:
        draft.insists = False
        attempt(draft, fields, lambda: save(fields))
    if draft.current is not None:
        with place.container():
            _show_conflict(draft, fields)


def attempt(draft: Draft, fields: Fields | None, act: Callable[[], str]) -> None:
    """Do what the form is for; close it when that went well, else say why not and keep it.

    A question about a row that somebody else changed is asked again, with the new values.
    """
    try:
        said = act()
    except Invalid as error:
        (fields or Fields(draft)).refuse(error.fields)
    except Conflict as error:
        draft.current = error.current
        if not draft.is_form:
            st.rerun()
    except TallyError as error:
        notices.trouble(error)
    else:
        drafts.discard()
        notices.say(said)
        st.rerun()


def _buttons(draft: Draft, place: Any) -> tuple[bool, bool]:
    """Draw the ways out of a form; return whether it is to be saved, and whether to be left."""
    with place.container(horizontal=True):
        if draft.current is not None:
            return False, False  # the ways out of a conflict take their place
        label = "Create" if draft.action == "create" else "Save changes"
        pressed = st.form_submit_button(label, type="primary")  # first: Enter presses it
        return pressed, st.form_submit_button(CANCEL)


def _show_conflict(draft: Draft, fields: Fields) -> None:
    st.warning(
        "Somebody changed this while you were editing. Nothing was saved yet: keep yours, or go "
        "on from theirs.",
        icon=":material/merge:",
    )
    for label, mine, theirs in fields.differences(draft.current or {}):
        st.markdown(f"**{label}**")
        left, right = st.columns(2)
        for column, whose, value in ((left, "Yours", mine), (right, "Saved meanwhile", theirs)):
            column.caption(whose)
            column.text(value or EMPTY)
    with st.container(horizontal=True):
        st.form_submit_button("Save mine over it", type="primary", on_click=draft.keep_mine)
        st.form_submit_button("Use theirs", on_click=draft.take_theirs)
        # Beside the other one in the run that meets the conflict, so it needs a name of its own.
        if st.form_submit_button(CANCEL, key=f"{draft.key}-leave"):
            drafts.leave()


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)
