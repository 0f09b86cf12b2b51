"""Who acts, and what somebody was refused; it imports nothing of ours."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Actor:
    """Somebody who asks for something: a signed-in person, or Tally itself (`id` is None)."""

    id: int | None
    email: str
    full_name: str | None = None
    is_staff: bool = False
    is_superuser: bool = False
    address: str | None = None
    session_id: int | None = None
    token_id: int | None = None
    scopes: frozenset[str] | None = None  # of the token that is acted by; None narrows nothing

    @classmethod
    def system(cls, name: str) -> Self:
        """Return the actor for work that no person asked for, such as `system("schedule")`."""
        return cls(id=None, email=name, is_staff=True, is_superuser=True)

    @property
    def name(self) -> str:
        """What to call the actor on screen."""
        return self.full_name or self.email


@dataclass(frozen=True)
class Refused:
    """Who was refused what: `action` and `subject_id` as in the audit trail."""

    actor: Actor
    action: str
    subject_id: int | None = None
