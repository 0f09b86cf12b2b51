"""Single sign-on: links a provider's identities (issuer and subject) to users, or creates users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from core.access import superusers
from core.access.permissions import require_superuser
from core.actor import Actor, Refused
from core.audit import trail
from core.db.models import EMAIL_LENGTH, AuditEvent, LinkedIdentity, User
from core.errors import Forbidden, Invalid, NotFound
from core.manage import users
from core.sign_in import sessions
from core.sign_in.password import ACTION
from core.sign_in.sessions import SignIn
from core.sso_providers import Provider
from core.text.addresses import is_disguised

NOBODY = "unknown"


@dataclass(frozen=True)
class Identity:
    """A person as a provider describes them; do not trust `email` unless `is_verified`."""

    issuer: str
    subject: str
    email: str | None = None
    is_verified: bool = False
    full_name: str | None = None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Arrival:
    """A browser that came back from a provider, with its network address."""

    provider: Provider
    address: str | None
    user_agent: str | None = None

    @property
    def actor(self) -> Actor:
        """The system actor for changes that the provider's claims cause."""
        name = f"single sign-on ({self.provider.id})"
        return replace(Actor.system(name), address=self.address)


class NotAdmitted(Exception):
    """A person that the provider vouches for may not sign in; the message is for the audit."""


def sign_in(db: Session, *, arrival: Arrival, identity: Identity) -> SignIn | None:
    """Begin a session for the user linked to the identity, linking one if allowed, or return None.

    Either way it leaves an audit row, so the caller always commits.
    """
    _one_at_a_time(db, identity)
    link = _find(db, identity)
    user = superusers.lock(db, link.user_id) if link else None
    try:
        user = _admit(db, arrival, identity, user)
    except NotAdmitted as refusal:
        note(db, arrival, reason=str(refusal), user=user, email=identity.email)
        return None
    if link:
        link.used_at = func.now()
    else:
        _link(db, arrival, identity, user)
    return sessions.begin(
        db,
        user=user,
        address=arrival.address,
        user_agent=arrival.user_agent,
        provider=arrival.provider.id,
    )


def note(
    db: Session,
    arrival: Arrival,
    *,
    reason: str,
    user: User | None = None,
    email: str | None = None,
) -> None:
    """Add the audit row of a sign-in that was refused."""
    stranger = Actor(
        id=user.id if user else None,
        email=(user.email if user else sessions.printable(email or NOBODY))[:EMAIL_LENGTH],
        address=arrival.address,
    )
    changes = {"provider": [None, arrival.provider.id], "reason": [None, reason]}
    trail.record(
        db, actor=stranger, action=ACTION, subject=user, changes=changes, outcome="refused"
    )


def list_linked(db: Session, *, actor: Actor, user_id: int) -> Sequence[LinkedIdentity]:
    """Return a user's links to providers, for superusers."""
    require_superuser(db, actor, "identity.list", user_id)
    query = select(LinkedIdentity).where(LinkedIdentity.user_id == user_id)
    return db.scalars(query.order_by(LinkedIdentity.id)).all()


def unlink(db: Session, *, actor: Actor, identity_id: int) -> None:
    """Remove a link, for superusers; raise `NotFound`.

    The sessions stay. The next sign-in may link the user again, as the first one did.
    """
    require_superuser(db, actor, "identity.unlink", identity_id)
    row = db.get(LinkedIdentity, identity_id, with_for_update=True)
    if row is None:
        raise NotFound("This link does not exist any more.")
    user = db.get(User, row.user_id)
    gone = trail.difference(_view(row), dict.fromkeys(_view(row)))
    trail.record(db, actor=actor, action="identity.unlink", subject=user, changes=gone)
    db.execute(delete(LinkedIdentity).where(LinkedIdentity.id == identity_id))


def _admit(db: Session, arrival: Arrival, identity: Identity, user: User | None) -> User:
    """Return the user to sign in, who may be new; raise `NotAdmitted`.

    The roles follow the provider's claim, if one is configured.
    """
    roles = _roles(arrival.provider, identity)
    if user is None:
        if roles and not roles["is_staff"]:
            raise NotAdmitted("the claim gives no role here")
        user = _match(db, arrival, identity) or _create(db, arrival, identity, roles)
    if not user.is_active:
        raise NotAdmitted("the account is deactivated")
    if roles:
        _follow(db, arrival, user, roles)
    if not user.is_staff:
        raise NotAdmitted("the account is not staff")
    return user


def _roles(provider: Provider, identity: Identity) -> dict[str, object]:
    """Return the role fields that the provider's claim sets; empty if no claim is configured."""
    if provider.role_claim is None:
        return {}
    is_superuser = provider.superuser_role in identity.roles
    is_staff = provider.staff_role is None or provider.staff_role in identity.roles
    return {"is_staff": is_staff or is_superuser, "is_superuser": is_superuser}


def _match(db: Session, arrival: Arrival, identity: Identity) -> User | None:
    """Return the user with the verified address, or None; raise `NotAdmitted` if linking is off."""
    if identity.email is None or not identity.is_verified:
        raise NotAdmitted("the provider does not say that the address is verified")
    if is_disguised(identity.email):
        raise NotAdmitted("the address has letters that only look like plain ones")
    user = users.find_by_email(db, identity.email)
    if user is None:
        return None
    if not arrival.provider.link_by_email:
        raise NotAdmitted("an account has this address, and link_by_email is off")
    same_issuer = (LinkedIdentity.user_id == user.id) & (LinkedIdentity.issuer == identity.issuer)
    if db.scalar(select(LinkedIdentity.id).where(same_issuer)) is not None:
        raise NotAdmitted("the account with this address is linked to another subject")
    return superusers.lock(db, user.id)


def _create(db: Session, arrival: Arrival, identity: Identity, roles: Mapping[str, object]) -> User:
    if not arrival.provider.create_users:
        raise NotAdmitted("there is no account, and create_users is off")
    values = {"email": identity.email, "full_name": identity.full_name, "is_staff": True, **roles}
    try:
        with db.begin_nested():
            return users.create_user(db, actor=arrival.actor, values=values)
    except Invalid as error:
        raise NotAdmitted(f"no account can be made: {error.message}") from error


def _follow(db: Session, arrival: Arrival, user: User, roles: Mapping[str, object]) -> None:
    """Set the roles of the claim; the last active superuser stays one, and the audit says so."""
    try:
        users.update_user(
            db, actor=arrival.actor, user_id=user.id, version=user.version, values=roles
        )
    except Forbidden as error:
        refused = error.refused or Refused(arrival.actor, "user.update", user.id)
        db.add(AuditEvent.of_refusal(refused))


def _find(db: Session, identity: Identity) -> LinkedIdentity | None:
    return db.scalar(
        select(LinkedIdentity).where(
            LinkedIdentity.issuer == identity.issuer, LinkedIdentity.subject == identity.subject
        )
    )


def _link(db: Session, arrival: Arrival, identity: Identity, user: User) -> None:
    row = LinkedIdentity(user_id=user.id, issuer=identity.issuer, subject=identity.subject)
    db.add(row)
    db.flush()
    changes = trail.difference({}, _view(row))
    trail.record(db, actor=arrival.actor, action="identity.link", subject=user, changes=changes)


def _one_at_a_time(db: Session, identity: Identity) -> None:
    # Without the lock, two concurrent first sign-ins of one person would both find no account.
    key = f"{identity.issuer} {identity.subject}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _view(row: LinkedIdentity) -> dict[str, object]:
    return {"issuer": row.issuer, "subject": row.subject}
