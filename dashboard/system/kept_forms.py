"""Reopens a form that was open when its page was closed, with what was typed, for the same person.

The browser keeps what is typed in that tab (`scripts/forms.js`) and sends it back in the address.
"""

import json
from collections.abc import Callable

import streamlit as st

from core.actor import Actor
from dashboard.manage import item_dialogs, user_dialogs
from dashboard.system import account_forms, token_dialogs
from dashboard.ui import drafts, form_tickets
from dashboard.ui.form_tickets import Ticket

PARAMETER = "form"
LONGEST = 20_000  # characters, of all fields together
NEVER_KEPT = frozenset({"password", "current"})
OPENERS: dict[tuple[str, str], Callable[[Actor, int], None]] = {
    ("items", "create"): lambda _, __: item_dialogs.DIALOGS.open_new(),
    ("items", "edit"): lambda actor, row: item_dialogs.DIALOGS.open_for(actor, row, "edit"),
    ("users", "create"): lambda _, __: user_dialogs.DIALOGS.open_new(),
    ("users", "edit"): lambda actor, row: user_dialogs.DIALOGS.open_for(actor, row, "edit"),
    ("account", "name"): lambda actor, _: account_forms.open_name(actor),
    ("api_tokens", "create"): lambda _, __: token_dialogs.open_new(),
}


def take_up(actor: Actor) -> None:
    """Reopen the form in the address, and remove it from the address.

    Raises a `TallyError` if its row is gone or may no longer be changed.
    """
    ticket, typed = _parse(actor, st.query_params.pop(PARAMETER, ""))
    opener = OPENERS.get((ticket.screen, ticket.action)) if ticket else None
    if ticket is None or opener is None:
        return
    opener(actor, ticket.id or 0)
    draft = drafts.opened(ticket.screen)
    if draft is not None:
        # Keep the original version, so that changes by others since then lead to a conflict.
        draft.version, draft.values = ticket.version, {**draft.values, **typed}


def _parse(actor: Actor, text: str) -> tuple[Ticket | None, dict[str, str | bool]]:
    if not text or len(text) > LONGEST:
        return None, {}
    try:
        kept = json.loads(text)
        ticket = form_tickets.read(actor, str(kept["ticket"]))
        typed = dict(kept["typed"])
    except (ValueError, TypeError, KeyError):  # not written by our script
        return None, {}
    fields = typed.items()
    return ticket, {k: v for k, v in fields if isinstance(v, str | bool) and k not in NEVER_KEPT}
