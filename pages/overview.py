"""Overview: what there is, what is new, how it grew, who owns most, and how it is spread."""

from dataclasses import replace

import streamlit as st

from core.days import Step
from core.frames import to_frame
from core.periods import COMPARED, Period
from core.trend_filter import TrendFilter, Window
from core.trends import today
from dashboard import (
    data,
    drawings,
    explaining,
    export_menu,
    filters,
    links,
    moments,
    navigation,
    notices,
    panels,
    shown,
)
from dashboard.links import Link
from dashboard.session import current_actor

actor = current_actor()
snapshot = shown.snapshot()
zone = moments.zone()
totals = data.totals(snapshot)
new = data.new(snapshot)
courses = drawings.courses(snapshot, TrendFilter(Step.DAY, zone=zone.key))

with st.grid(4, min_column_width=150):
    with panels.figure("Users", totals.users, "in all"):
        explaining.button("users")
        navigation.draw(actor, Link("users"), "Users")
    active = panels.share(totals.active_users, totals.users)
    with panels.figure("Active users", totals.active_users, active):
        explaining.button("active_users")
        navigation.draw(actor, links.active_users(), "Users")
    with panels.figure("Items", totals.items, "in all"):
        explaining.button("items")
        navigation.draw(actor, Link("items"), "Items")
    owning = panels.share(totals.owners, totals.users)
    with panels.figure("Owners of items", totals.owners, owning):
        explaining.button("owners")
        navigation.draw(actor, Link("items_by_user"), "Items by user")
    for noun in ("users", "items"):
        for period in COMPARED:
            now, before = new[period].of(noun)
            trend = panels.Trend(before, courses[noun, period])
            with panels.changing(f"New {noun}, {period.days} days", now, trend):
                explaining.button(f"new_{noun}", period=period.value)
                navigation.draw(actor, links.new(noun, period), noun.capitalize())

with panels.toolbar():
    st.subheader("Over time", anchor=False, width="content")
    step = Step(filters.choice("Step", "step", filters.STEPS, default=Step.WEEK.value))
    actions = panels.actions()

wanted = TrendFilter(step, zone=zone.key)
steps = to_frame(data.recent(snapshot, wanted))
created = drawings.created(snapshot, wanted)
looked_at = replace(wanted, window=Window(steps["day"][0], today(snapshot, wanted)))
query = TrendFilter(step, window=looked_at.window).to_query()
with actions:
    export_menu.draw("trends", query, rows=len(steps), noun=f"{step}s", by_day=True)
with st.grid(2, min_column_width=330):
    for noun in ("users", "items"):
        so_far = f"Pale: this {step} so far."
        with panels.chart(f"New {noun} by {step}", created[noun], so_far):
            export_menu.draw_picture(f"new_{noun}", query)
            navigation.draw(actor, links.trend(noun, looked_at), "Trends")

if totals.items:
    with st.grid(2, min_column_width=330):
        top = drawings.top_owners(snapshot, Period.ALL)
        with panels.chart("Top 10 by items owned", top):
            export_menu.draw_picture("top_owners")
            navigation.draw(actor, Link("active_users"), "Active users")
        spread = drawings.distribution(snapshot)
        shares = panels.spread(data.shares(snapshot))
        with panels.chart("Users by items owned", spread, shares):
            export_menu.draw_picture("spread")
            navigation.draw(actor, Link("items_by_user"), "Items by user")
else:
    notices.no_items()
