"""Trends: how many users and items there are and came to be, by day, week or month."""

from dataclasses import replace

import streamlit as st

from core.days import Step
from core.frames import to_frame
from core.trend_filter import TrendFilter, Window, parse_owner, parse_window
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
from dashboard.trend_choice import BRUSH, CUT, NOUNS, OF_ITEMS, WAYS, title

snapshot = shown.snapshot()
zone = moments.zone()
notes: list[str] = []

with panels.fields():
    noun = filters.choice("What", "of", NOUNS, default="items", labelled=True)
    way = filters.choice("How", "show", WAYS, default="new", labelled=True)
    step = Step(
        filters.choice("Step", "step", filters.STEPS, default=Step.WEEK.value, labelled=True)
    )
asked = parse_owner(st.query_params.to_dict(), notes)
if asked is not None and noun == "users":
    notes.append(OF_ITEMS)
    asked = None
fields, offers = panels.fields(), st.container()
with fields:
    owner = owner_choice.choose(snapshot, asked, notes, offers) if noun == "items" else None
    window = filters.days(parse_window(st.query_params.to_dict(), notes))
panels.notes(notes)

wanted = TrendFilter(step, None if owner is None else owner.id, window, zone.key)
steps = to_frame(data.trend(snapshot, wanted))
if series.is_nothing(steps, noun):
    notices.nothing_created(noun, narrowed=owner is not None or window != Window())
else:
    total = way == "total"
    drawn = series.drawn(steps, noun, total=total)
    frame, beside = panels.frame(title(noun, way, step), owner_choice.whose(owner))
    with beside:
        export_menu.draw("trends", wanted.to_query(), rows=len(steps), noun=f"{step}s", by_day=True)
        seen = replace(wanted, window=series.cut(window, drawn))
        export_menu.draw_picture(f"{noun}_in_all" if total else f"{noun}_by_step", seen.to_query())
    with frame:
        drawing.show(trend_chart.trend(drawn, noun=noun, step=step, total=total))
        if len(drawn) < len(steps):
            first, earliest = drawn["day"][0], steps["day"][0]
            panels.notes([CUT.format(most=len(drawn), first=first, earliest=earliest)])
        st.caption(" ".join([*series.remarks(drawn, step), BRUSH.format(zone=zone.key, step=step)]))
    explaining.steps(steps.select("day", count=noun), noun=noun, wanted=wanted)
    panels.facts(series.facts(steps, noun, step))
