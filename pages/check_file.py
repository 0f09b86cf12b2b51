"""Check a file: which export it is, and whether its numbers still hold."""

from dashboard import check_view
from dashboard.session import current_actor

actor = current_actor()
sha256 = check_view.ask()
if sha256:
    check_view.answer(actor, sha256)
