"""Trends: users and items by day, week or month, new or cumulative."""

from dataclasses import replace

import streamlit as st

from core.analytics.frames import to_frame
from core.analytics.trend_filter import TrendFilter, Window, parse_owner, parse_window
from core.calendar.steps import Step
from dashboard.analytics import explain_dialog, owner_picker
from dashboard.cache import answers, pinned_snapshot
from dashboard.charts import chart, series, trend
from dashboard.charts.titles import BRUSH, CUT, NOUNS, OF_ITEMS, WAYS, title
from dashboard.exports import menu
from dashboard.ui import filter_widgets, local_time, notices, panels

snapshot = pinned_snapshot.snapshot()
zone = local_time.zone()
warnings: list[str] = []

with panels.fields():
    noun = filter_widgets.choice("What", "of", NOUNS, default="items", labelled=True)
    way = filter_widgets.choice("How", "show", WAYS, default="new", labelled=True)
    step = Step(
        filter_widgets.choice(
            "Step", "step", filter_widgets.STEPS, default=Step.WEEK.value, labelled=True
        )
    )
owner_id = parse_owner(st.query_params.to_dict(), warnings)
if owner_id is not None and noun == "users":
    warnings.append(OF_ITEMS)
    owner_id = None
fields, results = panels.fields(), st.container()
with fields:
    owner = owner_picker.choose(snapshot, owner_id, warnings, results) if noun == "items" else None
    window = filter_widgets.days(parse_window(st.query_params.to_dict(), warnings))
panels.notes(warnings)

filters = TrendFilter(step, None if owner is None else owner.id, window, zone.key)
steps = to_frame(answers.trend(snapshot, filters))
if series.is_nothing(steps, noun):
    notices.nothing_created(noun, filtered=owner is not None or window != Window())
else:
    total = way == "total"
    drawn = series.drawn(steps, noun, total=total)
    frame, beside = panels.frame(title(noun, way, step), owner_picker.whose(owner))
    with beside:
        menu.draw("trends", filters.to_query(), rows=len(steps), noun=f"{step}s", by_day=True)
        seen = replace(filters, window=series.cut(window, drawn))
        menu.draw_picture(f"{noun}_in_all" if total else f"{noun}_by_step", seen.to_query())
    with frame:
        chart.show(trend.trend(drawn, noun=noun, step=step, total=total))
        if len(drawn) < len(steps):
            first, earliest = drawn["day"][0], steps["day"][0]
            panels.notes([CUT.format(most=len(drawn), first=first, earliest=earliest)])
        st.caption(" ".join([*series.remarks(drawn, step), BRUSH.format(zone=zone.key, step=step)]))
    explain_dialog.steps(steps.select("day", count=noun), noun=noun, filters=filters)
    panels.facts(series.facts(steps, noun, step))
