"""The ticket of an open form: which one it is, signed for the person who opened it.

A browser that keeps what is typed shows it to open that form again; nobody else can use it.
"""

import base64
import json
from dataclasses import dataclass

from core.actor import Actor
from dashboard.web.signatures import is_signed, person, sign


@dataclass(frozen=True)
class Ticket:
    """Which form: of which screen, for what, and the row with the version that it began with."""

    screen: str
    action: str
    id: int | None
    version: int


def issue(actor: Actor, ticket: Ticket) -> str:
    """Return a ticket as a browser keeps it."""
    said = json.dumps([ticket.screen, ticket.action, ticket.id, ticket.version])
    payload = base64.urlsafe_b64encode(said.encode()).decode()
    return f"{payload}.{sign(_purpose(actor), payload)}"


def read(actor: Actor, given: str) -> Ticket | None:
    """Return a ticket that was issued to the actor, or None for any other text."""
    payload, _, signature = given.partition(".")
    if not is_signed(_purpose(actor), payload, signature):
        return None
    return Ticket(*json.loads(base64.urlsafe_b64decode(payload)))


def _purpose(actor: Actor) -> str:
    return f"form of {person(actor.id)}"
