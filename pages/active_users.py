"""Active users: who owns most items, of all time or of a period, and how ranks have changed."""

import streamlit as st

from core.analytics.frames import to_frame
from dashboard.analytics import explain_dialog, owner_filter_form, snapshot_picker
from dashboard.cache import answers, charts, pinned_snapshot
from dashboard.charts import titles
from dashboard.exports import menu
from dashboard.shell import navigation
from dashboard.ui import links, notices, panels, tables

snapshot = pinned_snapshot.snapshot()

with panels.toolbar():
    period, warnings = owner_filter_form.period()
    before, more_warnings = snapshot_picker.choose(snapshot)
    actions = panels.actions()
movement = snapshot_picker.movement(snapshot, before, period)
panels.notes([*warnings, *more_warnings, *snapshot_picker.remarks(movement, before)])

rows, dropped = to_frame(movement.rows), to_frame(movement.dropped)

if len(rows):
    query = {"period": period.value} if period.days else {}
    with actions:
        menu.draw("active_users", query, rows=len(rows), noun="users")
    among = answers.top_owners(snapshot, period).num_rows
    rule, elsewhere = titles.RULES[period].rstrip("."), "Items by user has everybody"
    tables.tell(rule, visible=len(rows), count=among, elsewhere=elsewhere)
    with panels.chart(titles.TITLES[period], charts.top_owners(snapshot, period)):
        menu.draw_picture("top_owners", query)
    since = None if before is None or not movement.comparable else snapshot_picker.name(before)
    chosen = tables.top_owners(rows, since=since)
    explain_dialog.users(rows, period=period)
    if len(dropped):
        st.subheader("Dropped out", anchor=False)
        tables.dropped(dropped)
    if chosen is not None:
        navigation.follow(links.items_of(chosen, period))
elif period.days:
    notices.nothing_new(period.days)
else:
    notices.no_items()
