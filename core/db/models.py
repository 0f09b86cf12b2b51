"""The tables of the operational database."""

from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.actor import Actor, Refused
from core.db.base import Base, folded
from core.sso_providers import ISSUER_LENGTH
from core.telemetry.setup import trace_id

EMAIL_LENGTH = 255
NAME_LENGTH = 255
TITLE_LENGTH = 255
DESCRIPTION_LENGTH = 1000
ADDRESS_LENGTH = 64
USER_AGENT_LENGTH = 512
TOKEN_NAME_LENGTH = 100
SUBJECT_LENGTH = 255  # OpenID Connect Core 1.0, section 2


class User(Base):
    """A person or team that can own items; staff can also sign in."""

    __tablename__ = "user"
    __table_args__ = (Index("uq_user_lower_email", func.lower(text("email")), unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    hashed_password: Mapped[str] = mapped_column(Text)
    full_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_staff: Mapped[bool] = mapped_column(server_default=text("false"))
    is_superuser: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_text: Mapped[str | None] = folded("email || ' ' || coalesce(full_name, '')")

    def as_actor(self) -> Actor:
        """Return the user as an actor, without a session, token or address."""
        return Actor(
            id=self.id,
            email=self.email,
            full_name=self.full_name,
            is_staff=self.is_staff,
            is_superuser=self.is_superuser,
        )


class Item(Base):
    """Something that a user owns; it is deleted with its owner."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title_not_empty"),
        # BRIN suits rows that arrive in time order: the index is tiny and costs writers nothing.
        Index(
            "ix_item_created_at",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "on"},
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str | None] = mapped_column(String(DESCRIPTION_LENGTH))
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_text: Mapped[str | None] = folded("title || ' ' || coalesce(description, '')")

    owner: Mapped[User] = relationship(lazy="raise", viewonly=True)

    @property
    def owner_email(self) -> str:
        """The address of the owner, who has to be loaded."""
        return self.owner.email


class AuthSession(Base):
    """One signed-in browser; the cookie's token is stored only as its SHA-256."""

    __tablename__ = "auth_session"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    address: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH))
    user_agent: Mapped[str | None] = mapped_column(String(USER_AGENT_LENGTH))


class LinkedIdentity(Base):
    """Links a user to a single sign-on provider's subject; see `core/sign_in/sso.py`."""

    __tablename__ = "linked_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(ISSUER_LENGTH))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SignInRequest(Base):
    """A sign-in that is under way at a provider; only the browser's cookie holds its token."""

    __tablename__ = "sign_in_request"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class KnownBrowser(Base):
    """A browser that a user has signed in with; only its cookie token's SHA-256 is stored."""

    __tablename__ = "known_browser"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class SignInThrottle(Base):
    """Failed sign-ins of one address or network, by bucket; see `core/sign_in/throttle.py`."""

    __tablename__ = "sign_in_throttle"

    bucket: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    open_at: Mapped[datetime]


class ApiToken(Base):
    """A token with which a script acts for a user; it is stored only as its SHA-256."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(TOKEN_NAME_LENGTH))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class AuditEvent(Base):
    """Who did what to which row; it has no foreign keys, so it outlives the rows it describes.

    A trigger refuses every update and delete.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject_type", "subject_id"),
        Index("ix_audit_event_action", "action", "id"),
        Index(
            "ix_audit_event_receipt",
            text("(changes #>> '{sha256,1}')"),
            postgresql_where=text("action = 'export.end'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    address: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH))
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str | None] = mapped_column(String(64))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16), server_default=text("'success'"))
    changes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    trace_id: Mapped[str | None] = mapped_column(String(32))
    token_id: Mapped[int | None] = mapped_column(BigInteger)

    @classmethod
    def by(cls, actor: Actor, action: str, **fields: Any) -> Self:
        """Return the event for what an actor did or was refused, with the current trace id.

        `action` is `noun.verb`, such as `item.update`; `fields` are columns by name.
        """
        return cls(
            actor_id=actor.id,
            actor=actor.email,
            address=actor.address[:ADDRESS_LENGTH] if actor.address else None,
            token_id=actor.token_id,
            action=action,
            trace_id=trace_id(),
            **fields,
        )

    @classmethod
    def of_refusal(cls, refused: Refused) -> Self:
        """Return the event for an action that was refused."""
        noun = refused.action.partition(".")[0]
        return cls.by(
            refused.actor,
            refused.action,
            subject_type=noun if refused.subject_id is not None else None,
            subject_id=refused.subject_id,
            outcome="refused",
        )
