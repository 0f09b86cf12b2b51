"""Items: find, create, edit and delete them."""

from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from core.manage import items
from dashboard.auth.current_user import current_actor
from dashboard.manage import list_filters, list_screen
from dashboard.manage.item_dialogs import DIALOGS
from dashboard.ui import filter_widgets, notices, tables

actor = current_actor()
screen = list_screen.begin(
    "items", DIALOGS, searches="titles, descriptions and owners", icon=":material/add:"
)
filters = screen.filters

with notices.errors_shown():
    created = list_filters.created(filters)
    with transaction() as db:
        owner = None
        if filters.owner is not None:
            owner = items.find_owner(db, actor=actor, user_id=filters.owner)
        page = filter_widgets.read_page(
            lambda skip: items.list_items(
                db,
                actor=actor,
                search=screen.search,
                owner_id=filters.owner,
                created=created,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    parts = list_filters.describe(filters, owner)
    list_filters.draw(parts)
    if page.count:
        screen.draw_rows(actor, page, tables.items)
    elif filters.owner is not None and owner is None:
        notices.no_items_of(None)
    elif owner is not None and filters.to_query().keys() == {"owner"}:
        notices.no_items_of(owner.email)
    elif parts:
        notices.nothing_matches(list_filters.words(screen.search, parts), who="Nothing")
    elif screen.search:
        notices.nothing_found(screen.search)
    else:
        notices.empty("There are no items yet.", "Press New item, or run `tally import`.")

DIALOGS.show(actor)
