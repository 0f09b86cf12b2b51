"""Whom a provider's word lets in: linked by issuer and subject, by address only when allowed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.access.hashing import UNUSABLE_PASSWORD
from core.actor import Actor
from core.db.engine import transaction
from core.db.models import ApiToken, AuditEvent, AuthSession, LinkedIdentity, User
from core.errors import Forbidden, NotFound
from core.manage import users
from core.sign_in import sso
from core.sign_in.sessions import SignIn
from core.sign_in.sso import Arrival, Identity
from core.sso_providers import Provider
from tests.conftest import make_user

ISSUER = "https://id.example.com"
ANN = Identity(ISSUER, "1", "ann@example.com", is_verified=True, full_name="Ann Example")
STAN = replace(ANN, email="Staff@Example.com", full_name=None)
RUTH = replace(ANN, subject="2", email="root@example.com")
ROLES = {"role_claim": "groups", "superuser_role": "admins"}


def provider(**options: object) -> Provider:
    base = {"id": "acme", "name": "Acme", "issuer": ISSUER, "client_id": "c", "client_secret": "s"}
    return Provider.model_validate(base | options)


def arrive(identity: Identity, **options: object) -> SignIn | None:
    arrival = Arrival(provider(**options), address="192.0.2.1", user_agent="x/1")
    with transaction() as db:
        return sso.sign_in(db, arrival=arrival, identity=identity)


def links() -> list[tuple[str, str]]:
    with transaction() as db:
        return [(r.issuer, r.subject) for r in db.scalars(select(LinkedIdentity))]


def audited() -> list[tuple[str, str, str]]:
    """Actor, action and outcome of what happened since the first accounts were made."""
    with transaction() as db:
        rows = db.scalars(
            select(AuditEvent).where(AuditEvent.actor != "test").order_by(AuditEvent.id)
        )
        return [(r.actor, r.action, r.outcome) for r in rows]


def reason() -> object:
    """Why the last one was refused, as the audit has it."""
    with transaction() as db:
        event = db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert event.outcome == "refused"
    assert event.address == "192.0.2.1"
    assert event.changes["provider"] == [None, "acme"]
    return event.changes["reason"][1]


def user(email: str) -> User:
    with transaction() as db:
        found = users.find_by_email(db, email)
    assert found
    return found


def test_a_verified_address_links_once_and_the_subject_counts_from_then_on(staff: Actor) -> None:
    begun = arrive(STAN, link_by_email=True)
    assert begun
    assert begun.actor.id == staff.id
    assert begun.actor.address == "192.0.2.1"
    assert links() == [(ISSUER, "1")]
    again = arrive(replace(STAN, email="new@example.com", is_verified=False))
    assert again
    assert again.actor.id == staff.id
    assert again.token != begun.token
    assert user(staff.email).email == staff.email
    assert audited() == [
        ("single sign-on (acme)", "identity.link", "success"),
        (staff.email, "session.sign_in", "success"),
        (staff.email, "session.sign_in", "success"),
    ]


@pytest.mark.parametrize(
    ("identity", "options", "why"),
    [
        (replace(RUTH, is_verified=False), {"link_by_email": True}, "not say that the address"),
        (replace(RUTH, email=None), {"link_by_email": True}, "not say that the address"),
        (replace(RUTH, email="ｒoot@example.com"), {"link_by_email": True}, "only look like plain"),
        (replace(RUTH, email="ａnn@example.com"), {"create_users": True}, "only look like plain"),
        (RUTH, {}, "link_by_email is off"),
        (RUTH, {"create_users": True}, "link_by_email is off"),
        (ANN, {"link_by_email": True}, "create_users is off"),
        (replace(ANN, is_verified=False), {"create_users": True}, "not say that the address"),
        (replace(ANN, email="ann"), {"create_users": True}, "no account can be made"),
        (ANN, {"create_users": True, "role_claim": "g", "staff_role": "x"}, "gives no role"),
        (RUTH, {"link_by_email": True, "role_claim": "g", "staff_role": "x"}, "gives no role"),
    ],
)
def test_nobody_else_is_linked_or_made(
    superuser: Actor, identity: Identity, options: dict[str, object], why: str
) -> None:
    assert arrive(identity, **options) is None
    assert why in str(reason())
    assert links() == []
    with transaction() as db:
        assert [u.email for u in db.scalars(select(User))] == [superuser.email]
        assert db.scalars(select(AuthSession)).all() == []


def test_another_subject_of_the_same_address_is_refused(staff: Actor) -> None:
    assert arrive(STAN, link_by_email=True)
    assert arrive(replace(STAN, subject="changed"), link_by_email=True, create_users=True) is None
    assert "another subject" in str(reason())
    assert links() == [(ISSUER, "1")]


def test_the_subject_of_another_issuer_is_somebody_else(staff: Actor) -> None:
    assert arrive(STAN, link_by_email=True)
    other = replace(STAN, issuer="https://other.example.com", email=None)
    assert arrive(other) is None


def test_an_account_is_made_at_the_first_sign_in(environment: str) -> None:
    begun = arrive(ANN, create_users=True)
    assert begun
    made = user("ann@example.com")
    assert (made.full_name, made.is_staff, made.is_superuser) == ("Ann Example", True, False)
    assert made.hashed_password == UNUSABLE_PASSWORD
    assert [action for _, action, _ in audited()] == [
        "user.create",
        "identity.link",
        "session.sign_in",
    ]


def test_a_claim_makes_a_superuser_and_takes_that_back(superuser: Actor) -> None:
    admin = replace(ANN, roles=frozenset({"admins", "other"}))
    begun = arrive(admin, create_users=True, **ROLES)
    assert begun
    assert begun.actor.is_superuser
    with transaction() as db:
        row = ApiToken(
            token_hash=b"x", user_id=begun.actor.id, name="n", scopes=[], expires_at="2999-01-01"
        )
        db.add(row)
    again = arrive(replace(admin, roles=frozenset()), **ROLES)
    assert again
    assert not again.actor.is_superuser
    assert again.actor.is_staff
    with transaction() as db:
        assert db.scalars(select(ApiToken)).all() == []
        assert db.scalars(select(AuthSession.id)).all() == [again.actor.session_id]


def test_who_lost_the_staff_role_is_out_and_comes_back_with_it(superuser: Actor) -> None:
    options = {"role_claim": "groups", "staff_role": "tally", "create_users": True}
    member = replace(ANN, roles=frozenset({"tally"}))
    assert arrive(member, **options)
    assert arrive(replace(member, roles=frozenset()), **options) is None
    assert reason() == "the account is not staff"
    assert not user("ann@example.com").is_staff
    with transaction() as db:
        assert db.scalars(select(AuthSession)).all() == []
    assert arrive(member, **options)


def test_the_last_active_superuser_stays_one_whatever_the_claim_says(superuser: Actor) -> None:
    begun = arrive(RUTH, link_by_email=True, **ROLES)
    assert begun
    assert begun.actor.is_superuser
    assert ("single sign-on (acme)", "user.update", "refused") in audited()


def test_without_a_claim_roles_are_tallys_own(superuser: Actor) -> None:
    begun = arrive(RUTH, link_by_email=True)
    assert begun
    assert begun.actor.is_superuser


@pytest.mark.parametrize("linked", [False, True])
def test_a_deactivated_account_stays_out(system: Actor, staff: Actor, linked: bool) -> None:
    if linked:
        assert arrive(STAN, link_by_email=True)
    with transaction() as db:
        found = user(staff.email)
        users.update_user(
            db, actor=system, user_id=found.id, version=1, values={"is_active": False}
        )
    assert arrive(STAN, link_by_email=True) is None
    assert reason() == "the account is deactivated"
    assert links() == ([(ISSUER, "1")] if linked else [])


def test_who_only_owns_items_stays_out(system: Actor) -> None:
    make_user(system, "ann@example.com")
    assert arrive(ANN, link_by_email=True) is None
    assert reason() == "the account is not staff"
    assert links() == []


def test_a_superuser_undoes_a_link(superuser: Actor, staff: Actor) -> None:
    assert arrive(STAN, link_by_email=True)
    with transaction() as db:
        (link,) = sso.list_linked(db, actor=superuser, user_id=staff.id or 0)
        assert (link.issuer, link.subject) == (ISSUER, "1")
    with pytest.raises(Forbidden), transaction() as db:
        sso.unlink(db, actor=staff, identity_id=link.id)
    with transaction() as db:
        sso.unlink(db, actor=superuser, identity_id=link.id)
    assert links() == []
    assert audited()[-1] == (superuser.email, "identity.unlink", "success")
    with pytest.raises(NotFound), transaction() as db:
        sso.unlink(db, actor=superuser, identity_id=link.id)
    assert arrive(replace(STAN, subject="new"), link_by_email=True)


def test_two_first_sign_ins_at_once_make_one_account(environment: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: arrive(ANN, create_users=True), range(4)))
    assert len({one.actor.id for one in begun if one}) == 1
    assert len([one for one in begun if one]) == 4
    assert links() == [(ISSUER, "1")]
