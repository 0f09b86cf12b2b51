"""A user's single sign-on links and API tokens, with buttons that end them."""

from functools import partial

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken, LinkedIdentity
from core.sign_in import api_tokens, sso
from dashboard.ui import local_time, notices, panels
from dashboard.ui.drafts import Draft


def show(actor: Actor, draft: Draft) -> None:
    """Show a user's links and tokens in the open form, each with a button that ends it."""
    user_id = draft.id or 0
    with transaction() as db:
        links = sso.list_linked(db, actor=actor, user_id=user_id)
        owned = api_tokens.list_tokens_of(db, actor=actor, user_id=user_id)
    for link in links:
        if _row(f"{draft.key}-link-{link.id}", *_linked(link), "Unlink"):
            notices.carry_out(partial(_unlink, actor, link.id))
    for token in owned:
        if _row(f"{draft.key}-token-{token.id}", *_token(token), "Revoke"):
            notices.carry_out(partial(_revoke, actor, token.id))


def _row(key: str, name: str, about: str, label: str) -> bool:
    """Draw a row with a button; tell whether it was pressed."""
    row, place = panels.entry()
    place.text(name)
    place.text(about)
    return row.button(label, key=key)


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
