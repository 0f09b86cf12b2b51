"""Overview: what there is, how it grew, who owns most, and is it current."""

import streamlit as st

from dashboard import charts, data, explaining, navigation, panels, series
from dashboard.session import current_actor

actor = current_actor()
snapshot = data.snapshot()
totals = data.totals(snapshot)
per_day = data.created_per_day(snapshot)
until = snapshot.taken_at.date()
new_users = series.recent(per_day, noun="users", until=until)
new_items = series.recent(per_day, noun="items", until=until)

with st.grid(4, min_column_width=150):
    with panels.figure("Users", totals.users, f"{new_users:,} new in 30 days"):
        explaining.button("users")
        navigation.link(actor, "users", "Users")
    active = panels.share(totals.active_users, totals.users)
    with panels.figure("Active users", totals.active_users, active):
        explaining.button("active_users")
        navigation.link(actor, "users", "Users")
    with panels.figure("Items", totals.items, f"{new_items:,} new in 30 days"):
        explaining.button("items")
        navigation.link(actor, "items", "Items")
    owning = panels.share(totals.owners, totals.users)
    with panels.figure("Owners of items", totals.owners, owning):
        explaining.button("owners")
        navigation.link(actor, "items_by_user", "Items by user")

with st.grid(2, min_column_width=330):
    panels.chart("Users over time", charts.growth(per_day, noun="users", until=until))
    panels.chart("Items over time", charts.growth(per_day, noun="items", until=until))
    with panels.chart("Top 10 by items owned", charts.ranking(data.active_users(snapshot))):
        navigation.link(actor, "active_users", "Active users")
    with panels.chart("Users by items owned", charts.distribution(data.distribution(snapshot))):
        navigation.link(actor, "items_by_user", "Items by user")
