"""A signed ticket that identifies an open form and the person who opened it.

A browser that kept what was typed presents the ticket to open the same form again. Nobody else can
use it.
"""

import base64
import json
from dataclasses import dataclass

from core.actor import Actor
from dashboard.web.signatures import is_signed, person, sign


@dataclass(frozen=True)
class Ticket:
    """A form: its screen and action, and the row's id and version when it was opened."""

    screen: str
    action: str
    id: int | None
    version: int


def issue(actor: Actor, ticket: Ticket) -> str:
    """Return a ticket as a signed text for the browser."""
    content = json.dumps([ticket.screen, ticket.action, ticket.id, ticket.version])
    payload = base64.urlsafe_b64encode(content.encode()).decode()
    return f"{payload}.{sign(_purpose(actor), payload)}"


def read(actor: Actor, text: str) -> Ticket | None:
    """Verify a ticket; return None unless it was issued to the actor."""
    payload, _, signature = text.partition(".")
    if not is_signed(_purpose(actor), payload, signature):
        return None
    return Ticket(*json.loads(base64.urlsafe_b64decode(payload)))


def _purpose(actor: Actor) -> str:
    return f"form of {person(actor.id)}"
