"""The dialogs of the API tokens page: create a token, show it once, revoke one."""

from functools import partial

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken
from core.sign_in import api_tokens
from dashboard.ui import drafts, forms
from dashboard.ui.drafts import Draft
from dashboard.ui.forms import Dialog, Fields

SCREEN = "api_tokens"
MADE = "token_dialogs.made"
PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90, "180 days": 180, "1 year": 365}


def open_new() -> None:
    """Open an empty form."""
    drafts.open_draft(Draft(SCREEN, "create", {"days": "30 days"}))


def open_revoke(token: ApiToken) -> None:
    """Open the dialog that confirms a revocation."""
    drafts.open_draft(Draft(SCREEN, "revoke", {"name": token.name}, id=token.id))


def show(actor: Actor) -> None:
    """Show the dialog that is open on this page, if any."""
    actions = {
        "create": Dialog("New token", partial(_create, actor)),
        "revoke": Dialog("Revoke token", partial(_revoke, actor)),
    }
    forms.show(SCREEN, actions)


def show_made() -> None:
    """Show the new token until it is dismissed; it cannot be shown again."""
    token: str | None = st.session_state.get(MADE)
    if token is None:
        return
    with st.container(border=True):
        st.markdown("**Copy your new token now.** It is not kept, so it cannot be shown again.")
        st.code(token, language=None, wrap_lines=True)
        if st.button("I have copied it", icon=":material/check:"):
            del st.session_state[MADE]
            st.rerun()


def _create(actor: Actor, draft: Draft) -> None:
    def draw(fields: Fields) -> None:
        fields.text("name", "What it is for", placeholder="Nightly report")
        fields.one_of("days", "It expires after", list(PERIODS))
        fields.some_of("scopes", "What it may do", {s: _words(s) for s in allowed})

    def save(fields: Fields) -> str:
        values = {**fields.values, "days": PERIODS[fields.values["days"]]}
        with transaction() as db:
            made = api_tokens.create_token(db, actor=actor, values=values)
        st.session_state[MADE] = made.token
        return "The token was made."

    allowed = api_tokens.allowed_scopes(actor)
    forms.edit(draft, draw, save)


def _revoke(actor: Actor, draft: Draft) -> None:
    st.text(draft.values["name"])
    st.caption("Scripts that use it are refused from now on. This cannot be undone.")
    if st.button("Revoke token", type="primary", key=f"{draft.key}-revoke"):
        forms.attempt(draft, None, lambda: _revoke_now(actor, draft))


def _revoke_now(actor: Actor, draft: Draft) -> str:
    with transaction() as db:
        api_tokens.revoke_token(db, actor=actor, token_id=draft.id or 0)
    return "The token was revoked."


def _words(scope: api_tokens.Scope) -> str:
    return f"{api_tokens.SCOPES[scope]} ({scope})"
