"""Active users: who owns most items, of all time or lately, and who moved up, down, in and out."""

import streamlit as st

from core.frames import to_frame
from dashboard import (
    data,
    drawings,
    earlier,
    explaining,
    export_menu,
    links,
    navigation,
    notices,
    owner_filters,
    panels,
    shown,
    tables,
)

snapshot = shown.snapshot()

with panels.toolbar():
    period, notes = owner_filters.period()
    before, told = earlier.choose(snapshot)
    actions = panels.actions()
movement = earlier.movement(snapshot, before, period)
panels.notes([*notes, *told, *earlier.remarks(movement, before)])

rows, dropped = to_frame(movement.rows), to_frame(movement.dropped)

if len(rows):
    query = {"period": period.value} if period.days else {}
    with actions:
        export_menu.draw("active_users", query, rows=len(rows), noun="users")
    among = data.top_owners(snapshot, period).num_rows
    rule, elsewhere = owner_filters.RULES[period].rstrip("."), "Items by user has everybody"
    tables.tell(rule, shown=len(rows), count=among, elsewhere=elsewhere)
    with panels.chart(owner_filters.TITLES[period], drawings.top_owners(snapshot, period)):
        export_menu.draw_picture("top_owners", query)
    since = None if before is None or not movement.comparable else earlier.name(before)
    chosen = tables.top_owners(rows, since=since)
    explaining.users(rows, period=period)
    if len(dropped):
        st.subheader("Dropped out", anchor=False)
        tables.dropped(dropped)
    if chosen is not None:
        navigation.follow(links.items_of(chosen, period))
elif period.days:
    notices.nothing_new(period.days)
else:
    notices.no_items()
