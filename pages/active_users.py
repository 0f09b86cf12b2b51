"""Active users: who owns most items, of all time or lately, and who moved up, down, in and out."""

import streamlit as st

from dashboard import (
    data,
    drawings,
    earlier,
    explaining,
    export_menu,
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
panels.notes([*notes, *told])

top = data.top_owners(snapshot, period)

if len(top):
    movement = earlier.movement(snapshot, before, period)
    query = {"period": period.value} if period.days else {}
    with actions:
        export_menu.draw("active_users", query, rows=len(movement.rows), noun="users")
    st.caption(owner_filters.RULES[period])
    with panels.chart(owner_filters.TITLES[period], drawings.top_owners(snapshot, period)):
        export_menu.draw_picture("top_owners", query)
    since = None if before is None else earlier.name(before)
    chosen = tables.top_owners(movement.rows, since=since)
    explaining.users(movement.rows, period=period)
    if len(movement.dropped):
        st.subheader("Dropped out", anchor=False)
        tables.dropped(movement.dropped)
    if chosen is not None:
        navigation.open_screen("items", query={"owner": str(chosen)})
elif period.days:
    notices.nothing_new(period.days)
else:
    notices.no_items()
