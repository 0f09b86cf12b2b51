"""Active users: the ten who own most items."""

import streamlit as st

from dashboard import charts, data, export_menu, notices, panels, tables

top = data.active_users(data.snapshot())

if len(top):
    with panels.toolbar():
        st.caption("The ten users who own most items; those with as many stand by user id.")
        export_menu.draw("active_users", rows=len(top), noun="users")
    panels.chart("Items owned", charts.ranking(top))
    tables.top_owners(top)
else:
    notices.no_items()
