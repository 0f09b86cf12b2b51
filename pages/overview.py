"""Overview: what there is, what is new, how it grew, who owns most, and how it is spread."""

import streamlit as st

from core.days import Step
from core.frames import to_frame
from core.periods import COMPARED, Period
from core.trend_filter import TrendFilter, Window
from dashboard import (
    data,
    drawings,
    explaining,
    export_menu,
    filters,
    moments,
    navigation,
    notices,
    panels,
    shown,
)
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
        navigation.link(actor, "users", "Users")
    active = panels.share(totals.active_users, totals.users)
    with panels.figure("Active users", totals.active_users, active):
        explaining.button("active_users")
        navigation.link(actor, "users", "Users")
    with panels.figure("Items", totals.items, "in all"):
        explaining.button("items")
        navigation.link(actor, "items", "Items")
    owning = panels.share(totals.owners, totals.users)
    with panels.figure("Owners of items", totals.owners, owning):
        explaining.button("owners")
        navigation.link(actor, "items_by_user", "Items by user")
    for noun in ("users", "items"):
        for period in COMPARED:
            now, before = new[period].of(noun)
            trend = panels.Trend(before, courses[noun, period])
            with panels.changing(f"New {noun}, {period.days} days", now, trend):
                explaining.button(f"new_{noun}", period=period.value)
                navigation.link(actor, "trends", "Trends", query={"of": noun})

with panels.toolbar():
    st.subheader("Over time", anchor=False, width="content")
    step = Step(filters.choice("Step", "step", filters.STEPS, default=Step.WEEK.value))
    actions = panels.actions()

wanted = TrendFilter(step, zone=zone.key)
steps = to_frame(data.recent(snapshot, wanted))
created = drawings.created(snapshot, wanted)
looked_at = TrendFilter(step, window=Window(steps["day"][0], steps["day"][-1])).to_query()
with actions:
    export_menu.draw("trends", looked_at, rows=len(steps), noun=f"{step}s", by_day=True)
with st.grid(2, min_column_width=330):
    for noun in ("users", "items"):
        with panels.chart(f"New {noun} by {step}", created[noun]):
            export_menu.draw_picture(f"new_{noun}", looked_at)
            navigation.link(actor, "trends", "Trends", query={"of": noun, "step": step.value})

if totals.items:
    with st.grid(2, min_column_width=330):
        top = drawings.top_owners(snapshot, Period.ALL)
        with panels.chart("Top 10 by items owned", top):
            export_menu.draw_picture("top_owners")
            navigation.link(actor, "active_users", "Active users")
        spread = drawings.distribution(snapshot)
        shares = panels.spread(data.shares(snapshot))
        with panels.chart("Users by items owned", spread, shares):
            export_menu.draw_picture("spread")
            navigation.link(actor, "items_by_user", "Items by user")
else:
    notices.no_items()
