"""Audit: who did what, when and from where; for superusers."""

from core.audit import search
from core.db.engine import transaction
from core.db.paging import PAGE_SIZE
from dashboard.auth.current_user import current_actor
from dashboard.exports import menu
from dashboard.system import audit_view
from dashboard.ui import filter_widgets, notices, panels

actor = current_actor()

with transaction() as db:
    actions = search.list_actions(db, actor=actor)

with panels.toolbar(spread=False):
    filters, query = audit_view.read_filters(actions)
    menu.draw("audit", query, noun="events")

with transaction() as db:
    page = filter_widgets.read_page(
        lambda skip: search.list_events(
            db, actor=actor, filters=filters, skip=skip, limit=PAGE_SIZE
        )
    )
    names = search.token_names(db, page.rows)

if page.count:
    filter_widgets.place(page, noun="events")
    chosen = audit_view.table(page.rows, names)
    filter_widgets.pages(page)
    if chosen:
        audit_view.details(chosen)
else:
    notices.empty("Nothing matches.", "Choose a longer time, or clear the search.")
