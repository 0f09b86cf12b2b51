"""Knows whether a dialog is open in this session, whichever module draws it."""

import streamlit as st

# The session state keys under which each kind of dialog keeps its subject while it is open.
FORM, EXPLANATION, ROLLBACK = "dialogs.form", "dialogs.explanation", "dialogs.rollback"
OPEN = (FORM, EXPLANATION, ROLLBACK)


def is_open() -> bool:
    """Tell whether any dialog is open; a rerun of the page might close or clear it."""
    return any(st.session_state.get(key) is not None for key in OPEN)
