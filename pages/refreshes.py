"""Refreshes: their history, verifications, and the snapshots on disk."""

import streamlit as st

from dashboard.auth.current_user import current_actor
from dashboard.system import refresh_dialogs, refreshes

actor = current_actor()
st.fragment(refreshes.show, run_every=5)(actor)
refresh_dialogs.show(actor)
