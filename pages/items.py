"""Items: find, create, edit and delete them."""

from core import items
from core.database import transaction
from dashboard import export_menu, filters, item_dialogs, notices, panels, tables
from dashboard.session import current_actor

actor = current_actor()
notices.show_undo(item_dialogs.SCREEN)

with panels.toolbar(spread=False):
    search = filters.search("Search items", placeholder="Search titles, or an owner's address")
    actions = panels.actions()
    export_menu.draw("items", {"q": search}, noun="items", as_of_snapshot=True)

if actions.button("New item", type="primary", icon=":material/add:"):
    item_dialogs.open_new()

with notices.errors_shown():
    with transaction() as db:
        found = filters.read_page(
            lambda skip: items.list_items(
                db, actor=actor, search=search, skip=skip, limit=filters.PAGE_SIZE
            )
        )
    if found.count:
        filters.place(found, noun="items")
        chosen = tables.items(found.rows)
        filters.pages(found)
        if action := panels.row_actions(actions, chosen):
            item_dialogs.open_for(actor, chosen.id, action)
    elif search:
        notices.nothing_found(search)
    else:
        notices.empty("There are no items yet.", "Press New item, or run `tally import`.")

item_dialogs.show(actor)
