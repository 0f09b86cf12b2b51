"""Refreshes: what happened to the data, and who asked for it."""

from core import refreshes
from core.database import transaction
from dashboard import notices, tables
from dashboard.session import current_actor

with transaction() as db:
    history = refreshes.history(db, actor=current_actor())

if history:
    tables.refreshes(history)
else:
    notices.empty("There was no refresh yet.", "Press Refresh data, or run `tally refresh`.")
