"""Trends: how many users and items there are and came to be, by day, week or month."""

import streamlit as st

from core.days import Step
from dashboard import data, explaining, filters, moments, notices, owner_choice, panels, series
from dashboard.trend_chart import describe, trend
from dashboard.trend_choice import CUT, NOUNS, OF_ITEMS, WAYS, parse_owner, parse_window

snapshot = data.snapshot()
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
with panels.fields():
    owner = owner_choice.choose(snapshot, wanted, notes) if noun == "items" else None
    window = filters.days(parse_window(st.query_params.to_dict(), notes))
panels.notes(notes)

until = snapshot.taken_at.astimezone(zone).date()
created = (
    data.created(snapshot, zone.key, step)
    if owner is None
    else data.created_by_owner(snapshot, owner.id, zone.key, step)
)
steps = series.filled(created, step, until=until)
if int(steps[noun].sum()) == 0:
    notices.no_items() if noun == "items" and owner is None else notices.empty(
        "Nothing was created yet.", "Choose another owner, or look again after the next refresh."
    )
else:
    shown = series.cumulative(steps, noun) if way == "total" else steps.select("day", count=noun)
    drawn = shown.tail(series.MOST_STEPS)
    titles = {"new": f"New {noun} by {step}", "total": f"{NOUNS[noun]} in all"}
    with panels.frame(titles[way], owner_choice.whose(owner)):
        st.altair_chart(
            trend(
                drawn,
                noun=noun,
                step=step,
                total=way == "total",
                window=series.clip(drawn, window.first, window.last),
            ),
            alt=describe(drawn, noun=noun, step=step, total=way == "total"),
        )
        if len(drawn) < len(shown):
            first, earliest = drawn["day"][0], shown["day"][0]
            panels.notes([CUT.format(most=len(drawn), first=first, earliest=earliest)])
        st.caption(
            f"Days begin and end in {zone.key}. Drag across the lower chart to look closer, "
            "double-click it to see everything."
        )
    created_then = steps.select("day", count=noun)
    whose = None if owner is None else owner.id
    explaining.steps(created_then, noun=noun, length=step.length, owner_id=whose)
    panels.facts(series.facts(steps, noun, step, window.first, window.last))
