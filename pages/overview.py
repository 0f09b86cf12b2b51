"""Overview: what there is, how it grew, who owns most, and is it current."""

import streamlit as st

from dashboard import charts, data, navigation, panels
from dashboard.session import current_actor

actor = current_actor()
snapshot = data.snapshot()
totals = data.totals(snapshot)
per_day = data.created_per_day(snapshot)
until = snapshot.taken_at.date()

with st.grid(4, min_column_width=150):
    with panels.figure("Users", totals.users):
        navigation.link(actor, "users", "All users")
    with panels.figure("Active users", totals.active_users, of=totals.users):
        navigation.link(actor, "users", "All users")
    with panels.figure("Items", totals.items):
        navigation.link(actor, "items", "All items")
    with panels.figure("Owners", totals.owners, of=totals.users):
        navigation.link(actor, "items_by_user", "Items by user")

with st.grid(2, min_column_width=340):
    panels.chart("Users over time", charts.growth(per_day, noun="users", until=until))
    panels.chart("Items over time", charts.growth(per_day, noun="items", until=until))
    top = data.active_users(snapshot)
    with panels.chart("Most items", charts.ranking(top)):
        navigation.link(actor, "active_users", "Active users")
    with panels.chart("Items per user", charts.distribution(data.distribution(snapshot))):
        navigation.link(actor, "items_by_user", "Items by user")
