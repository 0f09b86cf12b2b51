"""Single sign-on with a provider, a browser or a network that lies: refused, unlinked, noted."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from core.db import engine
from core.db.models import AuditEvent, AuthSession, LinkedIdentity
from dashboard.sign_in import sso_routes
from tests.dashboard.conftest import Open
from tests.dashboard.sign_in.provider import (
    Provider,
    asked,
    error,
    forged,
    go,
    last_event,
    leave,
    sign_in_there,
)

CALLBACK = "/sign-in/with/acme/callback"
Lie = Callable[[Provider], None]


def changed(**claims: object) -> Lie:
    return lambda provider: provider.person.update(claims)


def unsigned(provider: Provider) -> None:
    provider.header = {"alg": "none"}


def unsigned_as_announced(provider: Provider) -> None:
    provider.header = {"alg": "none"}
    provider.description["id_token_signing_alg_values_supported"] = ["none"]


def signed_with_the_public_key(provider: Provider) -> None:
    """The public key, which everybody has, taken for a shared secret."""

    def id_token(nonce: str) -> str:
        signed = forged({"alg": "HS256", "kid": "1"}, said(provider, nonce)).rstrip(".")
        digest = hmac.new(provider.key.as_pem(private=False), signed.encode(), hashlib.sha256)
        return f"{signed}.{base64.urlsafe_b64encode(digest.digest()).decode().rstrip('=')}"

    provider.id_token = id_token  # type: ignore[method-assign]


def signed_with_a_published_secret(provider: Provider) -> None:
    key = OctKey.import_key({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"})
    provider.keys = [key.as_dict(private=True, kid="1")]
    provider.description["id_token_signing_alg_values_supported"] = ["HS256", "RS256"]
    sign_with(provider, "HS256", key)


def signed_by_somebody_else(provider: Provider) -> None:
    sign_with(provider, "RS256", RSAKey.generate_key(2048, {"kid": "1"}))


def sign_with(provider: Provider, algorithm: str, key: RSAKey | OctKey) -> None:
    def id_token(nonce: str) -> str:
        return jwt.encode({"alg": algorithm, "kid": "1"}, said(provider, nonce), key)

    provider.id_token = id_token  # type: ignore[method-assign]


def said(provider: Provider, nonce: str) -> dict[str, object]:
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": "tally", "iat": now, "exp": now + 300}
    return claims | {"nonce": nonce} | provider.person


def without_a_token(provider: Provider) -> None:
    provider.answers["/token"] = lambda: (200, b'{"access_token": "x", "token_type": "Bearer"}')


def about_somebody_else(provider: Provider) -> None:
    provider.userinfo = {**provider.person, "sub": "somebody else"}
    provider.person.update(email=None)


def described_by_another_issuer(provider: Provider) -> None:
    provider.description["issuer"] = "https://evil.example"


LIES: dict[str, tuple[Lie, str]] = {
    "wrong nonce": (changed(nonce="another"), "nonce"),
    "no nonce": (changed(nonce=None), "nonce"),
    "wrong issuer": (changed(iss="https://evil.example"), "iss"),
    "no issuer": (changed(iss=None), "iss"),
    "wrong audience": (changed(aud="another-client"), "aud"),
    "no audience": (changed(aud=None), "aud"),
    "audience among strangers": (changed(aud=["evil", "other"]), "aud"),
    "authorized party": (changed(azp="another-client"), "azp"),
    "two audiences and no party": (changed(aud=["tally", "another-client"]), "azp"),
    "alg none": (unsigned, "none"),
    "alg none, announced": (unsigned_as_announced, "proves"),
    "public key as secret": (signed_with_the_public_key, "HS256"),
    "published secret": (signed_with_a_published_secret, "MissingKey"),
    "another key": (signed_by_somebody_else, "BadSignature"),
    "no ID token": (without_a_token, "Decode"),
    "expired": (changed(exp=int(time.time()) - 3600), "Expired"),
    "expired beyond the clocks": (changed(exp=int(time.time()) - 31), "Expired"),
    "endless": (changed(exp=float("inf")), "exp"),
    "from the future": (changed(iat=int(time.time()) + 3600), "future"),
    "no subject": (changed(sub=None), "sub"),
    "empty subject": (changed(sub=""), "sub"),
    "NUL in the subject": (changed(sub="a\x00b"), "sub"),
    "long subject": (changed(sub="a" * 256), "sub"),
    "wrong token hash": (changed(at_hash="wrong"), "at_hash"),
    "another subject's userinfo": (about_somebody_else, "userinfo"),
}


def assert_refused(visitor: TestClient) -> None:
    """Nobody is signed in or linked, and the newest audit row says that somebody was refused."""
    with engine.transaction() as db:
        assert db.scalars(select(LinkedIdentity)).all() == []
        assert db.scalars(select(AuthSession)).all() == []
    assert visitor.get("/users").status_code == 401
    event = last_event()
    assert (event.action, event.outcome) == ("session.sign_in", "refused")
    assert event.changes["provider"] == [None, "acme"]


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_proves_nothing_is_refused(
    acme: Provider,
    visitor: TestClient,
    lie: str,
) -> None:
    tell, reason = LIES[lie]
    tell(acme)
    answer = go(visitor)
    assert answer.status_code == 401
    assert error(answer.text) == sso_routes.NO_PROOF.format(name="Acme")
    assert_refused(visitor)
    assert reason in str(last_event().changes["reason"][1])


def test_clocks_may_differ_by_half_a_minute(acme: Provider, visitor: TestClient) -> None:
    acme.person.update(iat=int(time.time()) + 20, exp=int(time.time()) - 20)
    assert go(visitor).status_code == 303


@pytest.mark.parametrize("state", [None, "", "wrong", "é", "x" * 10_000])
def test_a_wrong_state_is_refused(visitor: TestClient, state: str | None) -> None:
    leave(visitor)
    query = {"code": "x"} if state is None else {"code": "x", "state": state}
    answer = visitor.get(CALLBACK, params=query)
    assert answer.status_code == 403
    assert error(answer.text) == sso_routes.OUTDATED
    assert_refused(visitor)


def test_a_state_counts_in_the_browser_that_it_was_made_for(open_house: Open) -> None:
    house = open_house()
    attacker, victim = house.client(), house.client()
    back = sign_in_there(leave(attacker))
    assert victim.get(back).status_code == 403
    leave(victim)
    assert victim.get(back).status_code == 403
    assert_refused(victim)


def test_a_replayed_code_is_refused(acme: Provider, visitor: TestClient) -> None:
    acme.forgets_codes = False
    left = leave(visitor)
    cookie = dict(visitor.cookies)
    back = sign_in_there(left)
    assert visitor.get(back).status_code == 303
    visitor.post("/sign-out")
    visitor.cookies.update(cookie)
    assert visitor.get(back).status_code == 403
    assert visitor.get("/users").status_code == 401
    assert last_event().outcome == "refused"


def test_a_code_that_the_provider_has_seen_before_is_refused(
    visitor: TestClient,
) -> None:
    code = sign_in_there(leave(visitor)).partition("code=")[2].partition("&")[0]
    other = asked(leave(visitor))["state"]
    answer = visitor.get(CALLBACK, params={"code": code, "state": other})
    assert answer.status_code == 401
    assert "invalid_grant" in str(last_event().changes["reason"][1])
    assert_refused(visitor)


def test_an_answer_of_another_issuer_is_refused(
    acme: Provider,
    visitor: TestClient,
) -> None:
    back = sign_in_there(leave(visitor))
    assert visitor.get(f"{back}&iss=https://evil.example").status_code == 401
    assert_refused(visitor)


def test_an_issuer_that_is_announced_has_to_come(acme: Provider, visitor: TestClient) -> None:
    acme.description["authorization_response_iss_parameter_supported"] = True
    assert visitor.get(sign_in_there(leave(visitor))).status_code == 401
    assert_refused(visitor)
    back = sign_in_there(leave(visitor))
    assert visitor.get(f"{back}&iss={acme.issuer}").status_code == 303


def test_a_description_of_another_issuer_is_refused(
    acme: Provider,
    visitor: TestClient,
) -> None:
    described_by_another_issuer(acme)
    assert leave(visitor).status_code == 503
    assert acme.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("verified", [False, None, "true", 1, "yes"])
def test_an_unverified_address_of_a_superuser_is_refused(
    acme: Provider,
    visitor: TestClient,
    verified: object,
) -> None:
    acme.person.update(email="root@example.com", email_verified=verified)
    assert go(visitor).status_code == 403
    assert_refused(visitor)
    assert "verified" in str(last_event().changes["reason"][1])


def test_a_changed_subject_is_refused(acme: Provider, visitor: TestClient) -> None:
    assert go(visitor).status_code == 303
    visitor.post("/sign-out")
    acme.person["sub"] = "another"
    assert go(visitor).status_code == 403
    assert "another subject" in str(last_event().changes["reason"][1])
    with engine.transaction() as db:
        assert len(db.scalars(select(LinkedIdentity)).all()) == 1
        assert db.scalars(select(AuthSession)).all() == []


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "a\x00b@example.com"},
        {"email": "ann@example.com\r\nBcc: x"},
        {"email": ["root@example.com"]},
        {"email": "a" * 300 + "@example.com"},
        {"email": "=cmd@exa mple"},
    ],
)
def test_a_strange_address_is_no_address(
    acme: Provider,
    open_house: Open,
    claims: dict[str, object],
) -> None:
    stranger = open_house(create_users=True).client()
    acme.person.update(claims)
    assert go(stranger).status_code == 403
    assert_refused(stranger)


def test_a_strange_name_or_claim_does_not_matter(acme: Provider, open_house: Open) -> None:
    stranger = open_house(create_users=True, role_claim="groups").client()
    acme.person.update(
        sub="5", email="new@example.com", name="a\x00b\u202e", groups={"x": [1, None]}
    )
    assert go(stranger).status_code == 303


@pytest.mark.parametrize("reason", ["\x1b[31mred", "a\nb", "x\x00y", "é" * 5000, "${jndi:x}"])
def test_what_a_provider_calls_an_error_is_one_line_of_the_audit(
    visitor: TestClient,
    reason: str,
) -> None:
    state = asked(leave(visitor))["state"]
    answer = visitor.get(CALLBACK, params={"error": reason, "state": state})
    assert answer.status_code == 401
    noted = str(last_event().changes["reason"][1])
    assert noted.isprintable()
    assert len(noted) <= sso_routes.LONGEST_REASON
    with engine.transaction() as db:
        assert len(db.scalars(select(AuditEvent).where(AuditEvent.outcome == "refused")).all()) == 1
