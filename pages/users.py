"""Users: find, create, edit and delete them."""

from core import users
from core.database import transaction
from core.listing import PAGE_SIZE
from dashboard import export_menu, filters, list_filters, notices, panels, tables, user_dialogs
from dashboard.session import current_actor

actor = current_actor()
notices.show_undo(user_dialogs.SCREEN)

with panels.toolbar(spread=False):
    search = filters.search("Search users", placeholder="Search addresses and names")
    actions = panels.actions()
    wanted, notes = list_filters.read("users")
    export_menu.draw("users", wanted.to_query(), noun="users", as_of_snapshot=True)

if actions.button("New user", type="primary", icon=":material/person_add:"):
    user_dialogs.open_new()

panels.notes(notes)

with notices.errors_shown():
    created = list_filters.created(wanted)
    with transaction() as db:
        found = filters.read_page(
            lambda skip: users.list_users(
                db,
                actor=actor,
                search=search,
                active=wanted.is_active,
                created=created,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    parts = list_filters.describe(wanted)
    list_filters.draw(parts)
    if found.count:
        filters.place(found, noun="users")
        chosen = tables.users(found.rows)
        filters.pages(found)
        if action := panels.row_actions(actions, chosen):
            user_dialogs.open_for(actor, chosen.id, action)
    elif parts:
        notices.nothing_matches(list_filters.words(search, parts))
    else:
        notices.nothing_found(search)

user_dialogs.show(actor)
