"""API tokens: make, list and revoke what scripts prove themselves with."""

from core import tokens
from core.database import transaction
from dashboard import notices, panels, tables, token_dialogs
from dashboard.session import current_actor

actor = current_actor()
token_dialogs.show_made()
actions = panels.toolbar(spread=False)

if actions.button("New token", type="primary", icon=":material/add:"):
    token_dialogs.open_new()

with notices.errors_shown():
    with transaction() as db:
        found = tokens.list_tokens(db, actor=actor)
    if found:
        chosen = tables.tokens(found)
        if panels.row_action(actions, "Revoke", ":material/block:", chosen) and chosen:
            token_dialogs.open_revoke(chosen)
    else:
        notices.empty("You have no tokens.", "Press New token to let a script use the API.")

token_dialogs.show(actor)
