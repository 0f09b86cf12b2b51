"""The open form of a session: its first values, and those that others saved meanwhile."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.ui import dialogs

QUESTIONS = frozenset({"delete", "revoke"})  # dialogs without fields


@dataclass
class Draft:
    """An open form on a screen.

    It stays open over reruns until it is saved or dismissed. `version` is the row's version when
    the form was opened; `current` is the row as somebody else has saved it since. `insists` saves
    again at the next run.
    """

    screen: str
    action: str
    values: Mapping[str, Any] = field(default_factory=dict)
    id: int | None = None
    version: int = 0
    current: Mapping[str, Any] | None = None
    insists: bool = False
    key: str = field(default_factory=lambda: f"draft-{secrets.token_hex(4)}")

    @property
    def is_form(self) -> bool:
        """Whether people can type in it, so that it must not be dismissed by accident."""
        return self.action not in QUESTIONS

    @property
    def now(self) -> dict[str, Any]:
        """The newest values and version of the row that this form knows."""
        return {**self.values, "version": self.version, **(self.current or {})}

    def keep_mine(self) -> None:
        """Resolve a conflict: overwrite what somebody else saved."""
        self.version, self.current = _version(self.current), None
        self.insists = True

    def take_theirs(self) -> None:
        """Resolve a conflict: continue with what somebody else saved."""
        self.values, self.version, self.current = self.current or {}, _version(self.current), None
        self.key = (
            f"draft-{secrets.token_hex(4)}"  # a new key makes new widgets, with the new values
        )


def open_draft(draft: Draft) -> None:
    """Open a form; it replaces any other open form."""
    st.session_state[dialogs.FORM] = draft


def opened(screen: str) -> Draft | None:
    """Return the open form of a screen, or None."""
    draft: Draft | None = st.session_state.get(dialogs.FORM)
    return draft if draft is not None and draft.screen == screen else None


def discard() -> None:
    """Close the open form."""
    st.session_state.pop(dialogs.FORM, None)


def leave() -> None:
    """Close the open form and rerun the page."""
    discard()
    st.rerun()


def _version(current: Mapping[str, Any] | None) -> int:
    return int((current or {}).get("version", 0))
