"""Trends: how many users and items there are and came to be, by day, week or month."""

import streamlit as st

from core.days import Step
from core.frames import to_frame
from core.trend_filter import TrendFilter, Window, parse_owner, parse_window
from core.trends import between
from dashboard import (
    data,
    drawing,
    explaining,
    export_menu,
    filters,
    moments,
    notices,
    owner_choice,
    panels,
    series,
    shown,
    trend_chart,
)
from dashboard.trend_choice import CUT, NOUNS, OF_ITEMS, WAYS, title

snapshot = shown.snapshot()
zone = moments.zone()
notes: list[str] = []

with panels.fields():
    noun = filters.choice("What", "of", NOUNS, default="items", labelled=True)
    way = filters.choice("How", "show", WAYS, default="new", labelled=True)
    step = Step(
        filters.choice("Step", "step", filters.STEPS, default=Step.WEEK.value, labelled=True)
    )
wanted = parse_owner(st.query_params.to_dict(), notes)
if wanted is not None and noun == "users":
    notes.append(OF_ITEMS)
    wanted = None
fields, offers = panels.fields(), st.container()
with fields:
    owner = owner_choice.choose(snapshot, wanted, notes, offers) if noun == "items" else None
    window = filters.days(parse_window(st.query_params.to_dict(), notes))
panels.notes(notes)

whose = None if owner is None else owner.id
steps = to_frame(data.trend(snapshot, TrendFilter(step, whose, zone=zone.key)))
if int(steps[noun].sum()) == 0:
    notices.no_items() if noun == "items" and owner is None else notices.empty(
        "Nothing was created yet.", "Choose another owner, or look again after the next refresh."
    )
else:
    total = way == "total"
    drawn = series.drawn(steps, noun, total=total)
    frame, beside = panels.frame(title(noun, way, step), owner_choice.whose(owner))
    with beside:
        narrowed = TrendFilter(step, whose, window).to_query()
        rows = len(between(steps, window))
        export_menu.draw("trends", narrowed, rows=rows, noun=f"{step}s", by_day=True)
        brushed = series.clip(drawn, window)
        first, last = brushed or (drawn["day"][0], drawn["day"][-1])
        seen = TrendFilter(step, whose, Window(first, last)).to_query()
        export_menu.draw_picture(f"{noun}_in_all" if total else f"{noun}_by_step", seen)
    with frame:
        drawing.show(trend_chart.trend(drawn, noun=noun, step=step, total=total, window=brushed))
        if len(drawn) < len(steps):
            first, earliest = drawn["day"][0], steps["day"][0]
            panels.notes([CUT.format(most=len(drawn), first=first, earliest=earliest)])
        st.caption(
            f"Days begin and end in {zone.key}. Drag across the lower chart to look closer, "
            "double-click it to see everything."
        )
    created_then = steps.select("day", count=noun)
    explaining.steps(created_then, noun=noun, length=step.length, owner_id=whose)
    panels.facts(series.facts(steps, noun, step, window))
