"""Items by user: every user with at least one item, most items first."""

import streamlit as st

from core.analytics.frames import to_frame
from core.db.paging import PAGE_SIZE
from core.exports.parameters import Ranks
from dashboard.analytics import explain_dialog, owner_filter_form
from dashboard.cache import answers, pinned_snapshot
from dashboard.charts import owners, titles
from dashboard.exports import menu
from dashboard.shell import navigation
from dashboard.ui import chips, filter_widgets, links, notices, panels, tables

snapshot = pinned_snapshot.snapshot()

with panels.toolbar():
    filters, warnings = owner_filter_form.toolbar()
    actions = panels.actions()
chips.draw(titles.describe(filters))
panels.notes(warnings)

page = filter_widgets.read_page(lambda skip: answers.owners(snapshot, filters, skip=skip))

if page.count:
    noun, query = owner_filter_form.noun(filters), filters.to_query()
    query.pop("zone", None)  # the menu adds the reader's zone
    with actions:
        menu.draw("items_by_user", query, rows=page.count, noun=noun)
    rows = to_frame(page.rows)
    ranks = rows["rank"]
    with st.grid(2, min_column_width=330):
        here = owners.ranks(rows)
        with panels.chart("Items of the users on this page", here):
            number = page.skipped // PAGE_SIZE + 1
            menu.draw_picture("page_of_owners", {**query, "page": str(number)})
        points = to_frame(answers.curve(snapshot, filters.period))
        place = owners.curve(points, first=ranks[0], last=ranks[-1])
        with panels.chart("Where this page stands among all owners", place):
            shown = Ranks(filters.period, ranks[0], ranks[-1])
            menu.draw_picture("ranks", shown.to_query())
    filter_widgets.place(page, noun=noun)
    chosen = tables.owners(rows, name="Items by user")
    filter_widgets.pages(page)
    explain_dialog.users(rows, period=filters.period)
    if chosen is not None:
        navigation.follow(links.items_of(chosen, filters.period))
elif filters.narrows:
    notices.nothing_matches(titles.words(filters))
elif filters.period.days:
    notices.nothing_new(filters.period.days)
else:
    notices.no_items()
