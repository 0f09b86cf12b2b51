"""Which dialog is open in this session, whichever module draws it."""

import streamlit as st

from dashboard.analytics import explain_dialog
from dashboard.system import refresh_dialogs
from dashboard.ui import forms

OPEN = (forms.DRAFT, explain_dialog.OPEN, refresh_dialogs.OPEN)


def is_open() -> bool:
    """Tell whether any dialog is open, which a rerun of the page might close or empty."""
    return any(st.session_state.get(key) is not None for key in OPEN)
