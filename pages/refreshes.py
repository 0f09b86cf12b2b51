"""Refreshes: what happened to the data, who asked for it, and what lies on disk."""

import streamlit as st

from dashboard import refresh_dialogs, refresh_view
from dashboard.session import current_actor

actor = current_actor()
st.fragment(refresh_view.show, run_every=5)(actor)
refresh_dialogs.show(actor)
