"""Users: find, create, edit and delete them."""

from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from core.manage import users
from dashboard.auth.current_user import current_actor
from dashboard.exports import menu
from dashboard.manage import list_filters, user_dialogs
from dashboard.ui import filter_widgets, notices, panels, tables

actor = current_actor()
notices.show_undo(user_dialogs.SCREEN)

with panels.toolbar(spread=False):
    search = filter_widgets.search("Search users", placeholder="Search addresses and names")
    actions = panels.actions()
    filters, notes = list_filters.read("users")
    menu.draw("users", filters.to_query(), noun="users", as_of_snapshot=True)

if actions.button("New user", type="primary", icon=":material/person_add:"):
    user_dialogs.open_new()

panels.notes(notes)

with notices.errors_shown():
    created = list_filters.created(filters)
    with transaction() as db:
        found = filter_widgets.read_page(
            lambda skip: users.list_users(
                db,
                actor=actor,
                search=search,
                active=filters.is_active,
                created=created,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    parts = list_filters.describe(filters)
    list_filters.draw(parts)
    if found.count:
        filter_widgets.place(found, noun="users")
        chosen = tables.users(found.rows)
        filter_widgets.pages(found)
        if action := panels.row_actions(actions, chosen):
            user_dialogs.open_for(actor, chosen.id, action)
    elif parts:
        notices.nothing_matches(list_filters.words(search, parts))
    else:
        notices.nothing_found(search)

user_dialogs.show(actor)
