"""Users: find, create, edit and delete them."""

from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from core.manage import users
from dashboard.auth.current_user import current_actor
from dashboard.manage import list_filters, list_screen
from dashboard.manage.user_dialogs import DIALOGS
from dashboard.ui import filter_widgets, notices, tables

actor = current_actor()
screen = list_screen.begin(
    "users", DIALOGS, searches="addresses and names", icon=":material/person_add:"
)

with notices.errors_shown():
    created = list_filters.created(screen.filters)
    with transaction() as db:
        page = filter_widgets.read_page(
            lambda skip: users.list_users(
                db,
                actor=actor,
                search=screen.search,
                active=screen.filters.is_active,
                created=created,
                skip=skip,
                limit=PAGE_SIZE,
            )
        )
    parts = list_filters.describe(screen.filters)
    list_filters.draw(parts)
    if page.count:
        screen.draw_rows(actor, page, tables.users)
    elif parts:
        notices.nothing_matches(list_filters.words(screen.search, parts))
    else:
        notices.nothing_found(screen.search)

DIALOGS.show(actor)
