"""Items: find, create, edit and delete them."""

import streamlit as st

from core import items
from core.database import transaction
from core.listing import PAGE_SIZE
from core.row_filter import RowFilter
from core.trend_filter import parse_owner
from dashboard import export_menu, filters, item_dialogs, notices, panels, tables
from dashboard.session import current_actor

actor = current_actor()
notices.show_undo(item_dialogs.SCREEN)
owner_notes: list[str] = []
owner_id = parse_owner(st.query_params.to_dict(), owner_notes)

with panels.toolbar(spread=False):
    search = filters.search("Search items", placeholder="Search titles, or an owner's address")
    actions = panels.actions()
    wanted = RowFilter(search, owner=owner_id)
    export_menu.draw("items", wanted.to_query(), noun="items", as_of_snapshot=True)

if actions.button("New item", type="primary", icon=":material/add:"):
    item_dialogs.open_new()

panels.notes(owner_notes)

with notices.errors_shown():
    with transaction() as db:
        owner = None
        if owner_id is not None:
            owner = items.find_owner(db, actor=actor, user_id=owner_id)
        found = filters.read_page(
            lambda skip: items.list_items(
                db,
                actor=actor,
                search=search,
                owner_id=owner_id,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    if owner_id is not None:
        filters.whose(owner.email if owner else None)
    if found.count:
        filters.place(found, noun="items")
        chosen = tables.items(found.rows)
        filters.pages(found)
        if action := panels.row_actions(actions, chosen):
            item_dialogs.open_for(actor, chosen.id, action)
    elif owner_id is not None:
        notices.no_items_of(owner.email if owner else None)
    elif search:
        notices.nothing_found(search)
    else:
        notices.empty("There are no items yet.", "Press New item, or run `tally import`.")

item_dialogs.show(actor)
