"""Who acts, and what an actor was refused; this module imports nothing else of Tally."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in person, or Tally itself (`id` is None)."""

    id: int | None
    email: str
    full_name: str | None = None
    is_staff: bool = False
    is_superuser: bool = False
    address: str | None = None
    session_id: int | None = None
    token_id: int | None = None
    scopes: frozenset[str] | None = None  # of the token; None means no token, so no restriction

    @classmethod
    def system(cls, name: str) -> Self:
        """Return the actor for work that no person requested, such as `system("schedule")`."""
        return cls(id=None, email=name, is_staff=True, is_superuser=True)

    @property
    def name(self) -> str:
        """The name to show: the full name, else the address."""
        return self.full_name or self.email


@dataclass(frozen=True)
class Refused:
    """Who was refused what; `action` and `subject_id` are as in the audit trail."""

    actor: Actor
    action: str
    subject_id: int | None = None
