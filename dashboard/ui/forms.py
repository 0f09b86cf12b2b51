"""Dialogs with a form or a question: shows and saves them, and keeps them open after an error."""

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
    """The fields of a form, their typed values, and a placeholder for an error below each."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.values: dict[str, Any] = {}
        self._labels: dict[str, str] = {}
        self._below: dict[str, Any] = {}

    def text(self, name: str, label: str, **options: Any) -> None:
        """Draw a text field of one line."""
        began = self.draft.values.get(name) or ""
        self.values[name] = st.text_input(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def area(self, name: str, label: str, **options: Any) -> None:
        """Draw a text field of several lines."""
        began = self.draft.values.get(name) or ""
        self.values[name] = st.text_area(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def box(self, name: str, label: str, **options: Any) -> None:
        """Draw a check box."""
        began = bool(self.draft.values.get(name))
        self.values[name] = st.checkbox(label, began, key=self._key(name), **options)
        self._remember(name, label)

    def one_of(self, name: str, label: str, choices: Sequence[str]) -> None:
        """Draw a select box for one of the choices."""
        began = choices.index(self.draft.values.get(name, choices[0]))
        self.values[name] = st.selectbox(label, choices, began, key=self._key(name))
        self._remember(name, label)

    def some_of(self, name: str, label: str, choices: Mapping[Any, str]) -> None:
        """Draw a select box for several choices; `choices` maps values to labels."""
        began = self.draft.values.get(name) or []
        self.values[name] = st.multiselect(
            label, list(choices), began, format_func=choices.__getitem__, key=self._key(name)
        )
        self._remember(name, label)

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Show error messages below their fields."""
        for name, message in errors.items():
            place = self._below.get(name, st)
            place.markdown(f":red[:small[:material/error: {notices.escape(message)}]]")

    def differences(self, current: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Return label, typed value and current value of the fields where these differ."""
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
    """Show the dialog that is open on a screen, if any; `actions` maps actions to dialogs.

    The browser alone has the text typed in a form until it is submitted. So a form is closed only
    by its own buttons, not by Escape or a click outside it.
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
    """Identify the form to the browser, so that it can keep the typed text; see `kept_forms`."""
    ticket = Ticket(draft.screen, draft.action, draft.id, draft.version)
    st.html(f'<span hidden data-tally-form="{issue(current_actor(), ticket)}"></span>')


def edit(draft: Draft, draw: Callable[[Fields], None], save: Callable[[Fields], str]) -> None:
    """Draw a form, and save it when it is submitted.

    `draw` draws the fields. `save` stores them and returns the message about it. Errors are shown
    in the form, which keeps the typed values.
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
    """Call `act` and close the dialog; after an error show it and keep the dialog open.

    If somebody else changed the row of a question, the question is asked again with new values.
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
    """Draw the buttons of a form; return whether Save and whether Cancel was pressed."""
    with place.container(horizontal=True):
        if draft.current is not None:
            return False, False  # the buttons of the conflict replace them
        label = "Create" if draft.action == "create" else "Save changes"
        pressed = st.form_submit_button(label, type="primary")  # first, so that Enter presses it
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
        # In the run that finds the conflict, the other Cancel button exists too: keys must differ.
        if st.form_submit_button(CANCEL, key=f"{draft.key}-leave"):
            drafts.leave()


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)
