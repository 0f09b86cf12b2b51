"""What somebody comes in with besides a password: links and API tokens, each to be ended."""

from functools import partial

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken, LinkedIdentity
from core.sign_in import api_tokens, sso
from dashboard.ui import forms, local_time
from dashboard.ui.forms import Draft


def show(actor: Actor, draft: Draft) -> None:
    """Show a user's links and tokens in the open form, each with a button that ends it."""
    user_id = draft.id or 0
    with transaction() as db:
        links = sso.list_linked(db, actor=actor, user_id=user_id)
        owned = api_tokens.list_tokens_of(db, actor=actor, user_id=user_id)
    for link in links:
        if _row(f"{draft.key}-link-{link.id}", *_linked(link), "Unlink"):
            forms.do_beside(partial(_unlink, actor, link.id))
    for token in owned:
        if _row(f"{draft.key}-token-{token.id}", *_token(token), "Revoke"):
            forms.do_beside(partial(_revoke, actor, token.id))


def _row(key: str, name: str, about: str, label: str) -> bool:
    """Draw a row with a button; tell whether it was pressed."""
    with st.container(
        border=True,
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        with st.container(gap="xxsmall", width="content"):
            st.text(name)
            st.text(about)
        return bool(st.button(label, key=key))


def _linked(link: LinkedIdentity) -> tuple[str, str]:
    return link.issuer, f"as {link.subject}, last used {local_time.ago(link.used_at)}"


def _token(token: ApiToken) -> tuple[str, str]:
    used = (
        f"last used {local_time.ago(token.last_used_at)}" if token.last_used_at else "not used yet"
    )
    return f"API token {token.id}: {token.name}", used


def _unlink(actor: Actor, identity_id: int) -> str:
    with transaction() as db:
        sso.unlink(db, actor=actor, identity_id=identity_id)
    return "The link was undone."


def _revoke(actor: Actor, token_id: int) -> str:
    with transaction() as db:
        api_tokens.revoke_token_of(db, actor=actor, token_id=token_id)
    return "The token was revoked."
