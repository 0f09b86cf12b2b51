"""Refreshes: what happened to the data, and who asked for it."""

import streamlit as st

from core import refreshes
from core.database import transaction
from dashboard import freshness, notices, tables
from dashboard.session import current_actor

actor = current_actor()

with transaction() as db:
    history = refreshes.history(db, actor=actor)

if history and history[0].status == "held" and actor.is_superuser:
    with notices.errors_shown():
        if st.button("Publish although rows are gone", icon=":material/publish:", key="release"):
            freshness.release(actor)
            st.rerun()

if history:
    tables.refreshes(history)
else:
    notices.empty("There was no refresh yet.", "Press Refresh data, or run `tally refresh`.")
