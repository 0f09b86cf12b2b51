"""Single sign-on with a provider that others wrote, in a process of its own."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import AuditEvent, LinkedIdentity
from tests.conftest import read_settings
from tests.dashboard.conftest import built
from tests.dashboard.sign_in import oidc

STAFF = {"sub": "7", "email": "staff@example.com", "email_verified": True, "name": "Stan"}
NEW = {"sub": "8", "email": "new@example.com", "email_verified": True, "groups": ["admins"]}
UNVERIFIED = {"sub": "9", "email": "root@example.com", "email_verified": False}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider's address."""
    with oidc.providing(STAFF, NEW, UNVERIFIED) as running:
        yield running


@pytest.fixture
def client(
    issuer: str, superuser: Actor, staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A browser in front of a Tally that knows the provider."""
    options = {"link_by_email": True, "create_users": True}
    roles = {"role_claim": "groups", "superuser_role": "admins"}
    monkeypatch.setenv("SSO_PROVIDERS", oidc.setting(issuer, **options, **roles))
    read_settings()
    with built() as house:
        yield house.client()


def go(client: TestClient, subject: str, **form: str) -> httpx.Response:
    """Go to the provider, sign in there as somebody and come back."""
    there = client.get("/sign-in/with/example", params={"next": "/items"}).headers["location"]
    answer = httpx.post(there, data={"sub": subject, **form})
    back = urlsplit(answer.headers["location"])
    return client.get(f"{back.path}?{back.query}")


def test_who_has_an_account_is_linked_and_led_in(client: TestClient, staff: Actor) -> None:
    for _ in range(2):
        answer = go(client, "7")
        assert (answer.status_code, answer.headers["location"]) == (303, "/items")
    with engine.transaction() as db:
        assert db.scalars(select(LinkedIdentity.user_id)).all() == [staff.id]
        actions = db.scalars(select(AuditEvent.action).where(AuditEvent.actor != "test")).all()
    assert actions.count("identity.link") == 1
    assert actions.count("session.sign_in") == 2


def test_who_has_none_gets_one_with_the_role_of_the_claim(client: TestClient) -> None:
    assert go(client, "8").status_code == 303
    me = client.get("/api/v1/users/me").json()
    assert (me["email"], me["is_superuser"]) == ("new@example.com", True)


def test_an_unverified_address_of_a_superuser_opens_nothing(client: TestClient) -> None:
    assert go(client, "9").status_code == 403
    assert client.get("/users").status_code == 401


def test_who_declines_comes_back_without_a_session(client: TestClient) -> None:
    there = client.get("/sign-in/with/example").headers["location"]
    answer = httpx.post(there, data={"sub": "7", "action": "deny"})
    back = urlsplit(answer.headers["location"])
    assert client.get(f"{back.path}?{back.query}").status_code in {401, 403}
    assert client.get("/users").status_code == 401
