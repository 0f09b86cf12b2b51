"""Active users: the ten who own most items."""

import streamlit as st

from dashboard import charts, data, notices, panels, tables

top = data.active_users(data.snapshot())

if len(top):
    with panels.toolbar():
        st.caption("The ten users who own most items; those with as many stand by user id.")
        panels.download("Download CSV", "/downloads/active_users.csv")
    panels.chart("Items owned", charts.ranking(top))
    tables.top_owners(top)
else:
    notices.no_items()
