"""Check a file: which export it is, and whether its numbers are still current."""

from dashboard.auth.current_user import current_actor
from dashboard.system import file_check

actor = current_actor()
sha256 = file_check.ask()
if sha256:
    file_check.answer(actor, sha256)
