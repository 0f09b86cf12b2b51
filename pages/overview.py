"""Overview: totals, what is new, growth over time, the top owners, and the distribution."""

from dataclasses import replace

import streamlit as st

from core.analytics.frames import to_frame
from core.analytics.trend_filter import TrendFilter, Window
from core.analytics.trends import today
from core.calendar.periods import COMPARED, Period
from core.calendar.steps import Step
from dashboard.analytics import explain_dialog
from dashboard.auth.current_user import current_actor
from dashboard.cache import answers, charts, pinned_snapshot
from dashboard.exports import menu
from dashboard.shell import navigation
from dashboard.ui import filter_widgets, links, local_time, notices, panels
from dashboard.ui.links import Link

actor = current_actor()
snapshot = pinned_snapshot.snapshot()
zone = local_time.zone()
totals = answers.totals(snapshot)
new = answers.new(snapshot)
sparklines = charts.sparklines(snapshot, TrendFilter(Step.DAY, zone=zone.key))

with st.grid(4, min_column_width=150):
    with panels.figure("Users", totals.users, "in all"):
        explain_dialog.button("users")
        navigation.draw(actor, Link("users"), "Users")
    active = panels.share(totals.active_users, totals.users)
    with panels.figure("Active users", totals.active_users, active):
        explain_dialog.button("active_users")
        navigation.draw(actor, links.active_users(), "Users")
    with panels.figure("Items", totals.items, "in all"):
        explain_dialog.button("items")
        navigation.draw(actor, Link("items"), "Items")
    owning = panels.share(totals.owners, totals.users)
    with panels.figure("Owners of items", totals.owners, owning):
        explain_dialog.button("owners")
        navigation.draw(actor, Link("items_by_user"), "Items by user")
    for noun in ("users", "items"):
        for period in COMPARED:
            now, before = new[period].of(noun)
            trend = panels.Trend(before, sparklines[noun, period])
            with panels.changing(f"New {noun}, {period.days} days", now, trend):
                explain_dialog.button(f"new_{noun}", period=period.value)
                navigation.draw(actor, links.new(noun, period), noun.capitalize())

with panels.toolbar():
    st.subheader("Over time", anchor=False, width="content")
    step = Step(
        filter_widgets.choice("Step", "step", filter_widgets.STEPS, default=Step.WEEK.value)
    )
    actions = panels.actions()

filters = TrendFilter(step, zone=zone.key)
steps = to_frame(answers.recent(snapshot, filters))
created = charts.created(snapshot, filters)
shown = replace(filters, window=Window(steps["day"][0], today(snapshot, filters)))
query = TrendFilter(step, window=shown.window).to_query()
with actions:
    menu.draw("trends", query, rows=len(steps), noun=f"{step}s", by_day=True)
with st.grid(2, min_column_width=330):
    for noun in ("users", "items"):
        so_far = f"Pale: this {step} so far."
        with panels.chart(f"New {noun} by {step}", created[noun], so_far):
            menu.draw_picture(f"new_{noun}", query)
            navigation.draw(actor, links.trend(noun, shown), "Trends")

if totals.items:
    with st.grid(2, min_column_width=330):
        top = charts.top_owners(snapshot, Period.ALL)
        with panels.chart("Top 10 by items owned", top):
            menu.draw_picture("top_owners")
            navigation.draw(actor, Link("active_users"), "Active users")
        spread = charts.distribution(snapshot)
        shares = panels.spread(answers.shares(snapshot))
        with panels.chart("Users by items owned", spread, shares):
            menu.draw_picture("spread")
            navigation.draw(actor, Link("items_by_user"), "Items by user")
else:
    notices.no_items()
