"""Audit: who did what, when and from where; for superusers."""

from core import audit_log
from core.database import transaction
from core.listing import PAGE_SIZE
from dashboard import audit_view, export_menu, filters, notices, panels
from dashboard.session import current_actor

actor = current_actor()

with transaction() as db:
    actions = audit_log.list_actions(db, actor=actor)

with panels.toolbar(spread=False):
    wanted, query = audit_view.narrow(actions)
    export_menu.draw("audit", query, noun="events")

with transaction() as db:
    found = filters.read_page(
        lambda skip: audit_log.list_events(
            db, actor=actor, wanted=wanted, skip=skip, limit=PAGE_SIZE
        )
    )
    names = audit_log.token_names(db, found.rows)

if found.count:
    filters.place(found, noun="events")
    chosen = audit_view.table(found.rows, names)
    filters.pages(found)
    if chosen:
        audit_view.details(chosen)
else:
    notices.empty("Nothing matches.", "Choose a longer time, or clear the search.")
