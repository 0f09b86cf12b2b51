"""Items: find, create, edit and delete them."""

from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from core.manage import items
from dashboard.auth.current_user import current_actor
from dashboard.exports import menu
from dashboard.manage import item_dialogs, list_filters
from dashboard.ui import filter_widgets, notices, panels, tables

actor = current_actor()
notices.show_undo(item_dialogs.SCREEN)

with panels.toolbar(spread=False):
    search = filter_widgets.search(
        "Search items", placeholder="Search titles, descriptions and owners"
    )
    actions = panels.actions()
    filters, notes = list_filters.read("items")
    menu.draw("items", filters.to_query(), noun="items", as_of_snapshot=True)

if actions.button("New item", type="primary", icon=":material/add:"):
    item_dialogs.open_new()

panels.notes(notes)

with notices.errors_shown():
    created = list_filters.created(filters)
    with transaction() as db:
        owner = None
        if filters.owner is not None:
            owner = items.find_owner(db, actor=actor, user_id=filters.owner)
        found = filter_widgets.read_page(
            lambda skip: items.list_items(
                db,
                actor=actor,
                search=search,
                owner_id=filters.owner,
                created=created,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    parts = list_filters.describe(filters, owner)
    list_filters.draw(parts)
    if found.count:
        filter_widgets.place(found, noun="items")
        chosen = tables.items(found.rows)
        filter_widgets.pages(found)
        if action := panels.row_actions(actions, chosen):
            item_dialogs.open_for(actor, chosen.id, action)
    elif filters.owner is not None and owner is None:
        notices.no_items_of(None)
    elif owner is not None and filters.to_query().keys() == {"owner"}:
        notices.no_items_of(owner.email)
    elif parts:
        notices.nothing_matches(list_filters.words(search, parts), who="Nothing")
    elif search:
        notices.nothing_found(search)
    else:
        notices.empty("There are no items yet.", "Press New item, or run `tally import`.")

item_dialogs.show(actor)
