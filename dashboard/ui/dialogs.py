"""Which dialog is open in this session, whichever module draws it."""

import streamlit as st

# Where each kind keeps what its open dialog is about, in the session's state.
FORM, EXPLANATION, ROLLBACK = "dialogs.form", "dialogs.explanation", "dialogs.rollback"
OPEN = (FORM, EXPLANATION, ROLLBACK)


def is_open() -> bool:
    """Tell whether any dialog is open, which a rerun of the page might close or empty."""
    return any(st.session_state.get(key) is not None for key in OPEN)
