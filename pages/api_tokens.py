"""API tokens: create, list and revoke them."""

from core.db.engine import transaction
from core.sign_in import api_tokens
from dashboard.auth.current_user import current_actor
from dashboard.system import token_dialogs
from dashboard.ui import notices, panels, tables

actor = current_actor()
token_dialogs.show_made()
actions = panels.toolbar(spread=False)

if actions.button("New token", type="primary", icon=":material/add:"):
    token_dialogs.open_new()

with notices.errors_shown():
    with transaction() as db:
        tokens = api_tokens.list_tokens(db, actor=actor)
    if tokens:
        chosen = tables.tokens(tokens)
        if panels.row_action(actions, "Revoke", ":material/block:", chosen) and chosen:
            token_dialogs.open_revoke(chosen)
    else:
        notices.empty("You have no tokens.", "Press New token to let a script use the API.")

token_dialogs.show(actor)
