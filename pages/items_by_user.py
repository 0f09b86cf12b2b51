"""Items by user: every user with at least one item, most items first."""

import streamlit as st

from core.frames import to_frame
from core.listing import PAGE_SIZE
from core.narrowing import Ranks
from dashboard import (
    chips,
    data,
    explaining,
    export_menu,
    filters,
    links,
    navigation,
    notices,
    owner_charts,
    owner_filters,
    panels,
    shown,
    tables,
)

snapshot = shown.snapshot()

with panels.toolbar():
    wanted, notes = owner_filters.toolbar()
    actions = panels.actions()
chips.draw(owner_filters.describe(wanted))
panels.notes(notes)

found = filters.read_page(lambda skip: data.owners(snapshot, wanted, skip=skip))

if found.count:
    noun, query = owner_filters.noun(wanted), wanted.to_query()
    query.pop("zone", None)  # the menu adds the reader's
    with actions:
        export_menu.draw("items_by_user", query, rows=found.count, noun=noun)
    rows = to_frame(found.rows)
    ranks = rows["rank"]
    with st.grid(2, min_column_width=330):
        here = owner_charts.ranks(rows)
        with panels.chart("Items of the users on this page", here):
            number = found.skipped // PAGE_SIZE + 1
            export_menu.draw_picture("page_of_owners", {**query, "page": str(number)})
        points = to_frame(data.curve(snapshot, wanted.period))
        place = owner_charts.curve(points, first=ranks[0], last=ranks[-1])
        with panels.chart("Where this page stands among all owners", place):
            looked_at = Ranks(wanted.period, ranks[0], ranks[-1])
            export_menu.draw_picture("ranks", looked_at.to_query())
    filters.place(found, noun=noun)
    chosen = tables.owners(rows, name="Items by user")
    filters.pages(found)
    explaining.users(rows, period=wanted.period)
    if chosen is not None:
        navigation.follow(links.items_of(chosen, wanted.period))
elif wanted.narrows:
    notices.nothing_matches(owner_filters.words(wanted))
elif wanted.period.days:
    notices.nothing_new(wanted.period.days)
else:
    notices.no_items()
