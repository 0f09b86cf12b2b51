"""Single sign-on from the button to the session, and what people see when a provider fails."""

import asyncio
import re
import time
from collections.abc import Callable

import httpx2 as httpx
import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from core.db import engine
from core.db.models import AuthSession, LinkedIdentity, SignInRequest
from core.settings import Settings, get_settings
from core.sign_in.sso_requests import LIFETIME, proofs
from dashboard.sign_in import oidc_client, sso_routes
from tests.conftest import restart
from tests.dashboard.conftest import HTML, Open, session_cookie, sign_in
from tests.dashboard.sign_in.provider import (
    CLIENT_ID,
    NAME,
    Answer,
    Provider,
    asked,
    error,
    go,
    last_event,
    leave,
    sign_in_there,
)

LINK = re.compile(r'<a class="button[^>]*href="([^"]*)"[^>]*>([^<]*)<')


def test_the_whole_flow_ends_in_a_session(acme: Provider, visitor: TestClient) -> None:
    left = leave(visitor, next="/users?q=x")
    assert left.status_code == 303
    assert left.headers["cache-control"] == "no-store"
    sent = asked(left)
    assert sent["redirect_uri"] == "http://testserver/sign-in/with/acme/callback"
    assert sent["scope"] == "openid email profile"
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    assert len({sent["state"], sent["nonce"], sent["code_challenge"]}) == 3
    cookie = left.headers["set-cookie"]
    assert cookie.startswith("tally_request_80=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600")
    back = visitor.get(sign_in_there(left))
    assert (back.status_code, back.headers["location"]) == (303, "/users?q=x")
    assert "tally_request_80" not in visitor.cookies
    assert visitor.get("/users").status_code == 200
    event = last_event()
    assert (event.actor, event.action) == ("ann@example.com", "session.sign_in")
    assert event.changes == {"provider": [None, "acme"]}
    assert acme.asked.count("/token") == 1


def test_the_session_is_one_like_any_other(visitor: TestClient) -> None:
    go(visitor)
    first = session_cookie(visitor)
    go(visitor)
    assert session_cookie(visitor) != first
    with engine.transaction() as db:
        assert len(db.scalars(select(AuthSession)).all()) == 1
    visitor.post("/sign-out")
    assert visitor.get("/users").status_code == 401


def test_each_provider_has_a_button_beside_the_form(visitor: TestClient) -> None:
    page = visitor.get("/sign-in?next=/items%3Fq%3Da%26b").text
    assert LINK.findall(page) == [
        ("/sign-in/with/acme?next=/items%3Fq%3Da%26b", "Sign in with Acme")
    ]
    assert 'type="password"' in page
    assert "<script" not in page


@pytest.mark.parametrize("hostile", ["//evil.example", "https:evil", "/\\evil", "/sign-out"])
def test_it_ends_at_a_path_of_tallys_own(visitor: TestClient, hostile: str) -> None:
    assert go(visitor, next=hostile).headers["location"] == "/"


def test_another_site_cannot_begin_it(visitor: TestClient) -> None:
    visitor.headers["Sec-Fetch-Site"] = "cross-site"
    answer = leave(visitor, next="/items")
    assert answer.status_code == 200
    assert LINK.findall(answer.text)[0][0] == "/sign-in/with/acme?next=/items"
    with engine.transaction() as db:
        assert db.scalars(select(SignInRequest)).all() == []


def test_a_provider_that_there_is_none_of(visitor: TestClient) -> None:
    for path in ("/sign-in/with/other", "/sign-in/with/other/callback"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert error(answer.text) == sso_routes.NO_SUCH_WAY
    assert visitor.get("/sign-in/with/acme/more").status_code == 401


def test_the_public_address_is_where_people_come_back_to(open_house: Open) -> None:
    house = open_house({"PUBLIC_URL": "https://tally.example.com/"})
    left = leave(house.client())
    assert asked(left)["redirect_uri"] == ("https://tally.example.com/sign-in/with/acme/callback")
    assert left.headers["set-cookie"].startswith("__Host-tally_request=")
    assert "; Secure" in left.headers["set-cookie"]


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"]])
def test_the_secret_goes_the_way_that_the_provider_takes(
    acme: Provider, visitor: TestClient, methods: list[str]
) -> None:
    acme.description["token_endpoint_auth_methods_supported"] = methods
    assert go(visitor).status_code == 303


def test_an_address_may_come_from_the_userinfo_endpoint(
    acme: Provider, visitor: TestClient
) -> None:
    acme.userinfo = dict(acme.person)
    acme.person.update(email=None, email_verified=None)
    assert go(visitor).status_code == 303
    assert "/userinfo" in acme.asked


def test_who_comes_back_with_a_new_key_of_the_provider_gets_in(
    acme: Provider, visitor: TestClient
) -> None:
    go(visitor)
    acme.key = type(acme.key).generate_key(2048, {"kid": "2"})
    acme.header["kid"] = "2"
    assert go(visitor).status_code == 303


def slow() -> Answer:
    time.sleep(1.5)
    return 200, b"{}"


PLACES = ["/.well-known/openid-configuration", "/token", "/jwks"]
NONSENSE: dict[str, Callable[[], Answer]] = {
    "error": lambda: (500, b"oops"),
    "not found": lambda: (404, b"{}"),
    "html": lambda: (200, b"<html>"),
    "list": lambda: (200, b"[]"),
    "empty": lambda: (200, b"{}"),
    "bytes": lambda: (200, b"\xff\xfe\x00"),
    "endless": lambda: (200, b"[" * 50_000_000),
    "deep": lambda: (200, b"[" * 500_000),
    "slow": slow,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", NONSENSE)
def test_a_provider_that_fails_is_named_in_words(
    acme: Provider,
    visitor: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    kind: str,
) -> None:
    monkeypatch.setattr(oidc_client, "SECONDS", 0.5)
    acme.answers[place] = NONSENSE[kind]
    begun = time.monotonic()
    answer = leave(visitor)
    if place != PLACES[0]:
        answer = visitor.get(sign_in_there(answer))
        assert last_event().outcome == "refused"
    assert time.monotonic() - begun < 5
    assert answer.status_code in {401, 503}
    assert NAME in error(answer.text)
    assert LINK.findall(answer.text)
    assert visitor.get("/users", headers=HTML).status_code == 303
    with engine.transaction() as db:
        assert db.scalars(select(LinkedIdentity)).all() == []


def test_a_provider_that_is_away_keeps_nobody_from_using_a_password(open_house: Open) -> None:
    house = open_house(issuer="http://127.0.0.1:1")
    client = house.client()
    answer = leave(client)
    assert answer.status_code == 503
    assert error(answer.text) == sso_routes.PROVIDER_AWAY.format(name=NAME)
    assert sign_in(client).status_code == 303


def test_who_declines_there_is_told_here(acme: Provider, visitor: TestClient) -> None:
    state = asked(leave(visitor, next="/items"))["state"]
    query = {"error": "access_denied", "error_description": "<b>evil</b>", "state": state}
    answer = visitor.get("/sign-in/with/acme/callback", params=query)
    assert answer.status_code == 401
    assert error(answer.text) == sso_routes.NO_PROOF.format(name=NAME)
    assert "evil" not in answer.text
    assert LINK.findall(answer.text)[0][0].endswith("next=/items")
    assert last_event().changes["reason"] == [None, "it sent no code, but: access_denied"]


def test_who_has_no_account_is_told(acme: Provider, visitor: TestClient) -> None:
    acme.person.update(sub="9", email="bob@example.com")
    answer = go(visitor)
    assert answer.status_code == 403
    assert error(answer.text) == sso_routes.NO_ACCESS.format(name=NAME)
    assert last_event().actor == "bob@example.com"


def test_a_request_ends_after_ten_minutes(visitor: TestClient) -> None:
    back = sign_in_there(leave(visitor))
    with engine.transaction() as db:
        moment = SignInRequest.created_at - LIFETIME
        db.execute(update(SignInRequest).values(created_at=moment))
    answer = visitor.get(back)
    assert answer.status_code == 403
    assert error(answer.text) == sso_routes.OUTDATED


def test_while_the_database_is_away_it_says_so(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = sign_in_there(leave(visitor))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    restart()
    for path in ("/sign-in/with/acme", back):
        answer = visitor.get(path)
        assert answer.status_code == 503
        assert "database" in error(answer.text)


def test_the_secret_is_in_no_log_and_no_page(
    acme: Provider, open_house: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    client = open_house().client()
    go(client)
    acme.answers["/token"] = NONSENSE["error"]
    pages = go(client).text
    for text in (caplog.text, pages, repr(get_settings())):
        assert "a-secret-of-acme" not in text
    assert CLIENT_ID in repr(get_settings())


def test_with_passwords_off_there_is_the_button_alone(open_house: Open) -> None:
    house = open_house({"PASSWORD_SIGN_IN": "false"})
    client = house.client()
    page = client.get("/sign-in").text
    assert "password" not in page.lower()
    assert re.search(r'<a class="button primary"[^>]*autofocus', page)
    assert client.post("/sign-in", data={"email": "x", "password": "y"}).status_code == 403
    assert go(client).status_code == 303


def test_no_answer_fills_the_memory(acme: Provider, visitor: TestClient) -> None:
    acme.answers["/jwks"] = NONSENSE["endless"]
    assert go(visitor).status_code == 503
    assert "too long" in str(last_event().changes["reason"][1])
    acme.headers["Content-Encoding"] = "gzip"
    assert go(visitor).status_code == 503
    assert "compressed" in str(last_event().changes["reason"][1])


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_by_https_has_no_address_without(
    acme: Provider, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    secure = acme.discovery() | {"issuer": "https://id.example.com"}
    secure |= {key: f"https://id.example.com/{key}" for key in secure if "_" in key}
    secure |= {"id_token_signing_alg_values_supported": ["RS256"], name: "http://id.example.com/x"}

    there = httpx.MockTransport(lambda _: httpx.Response(200, json=secure))
    monkeypatch.setattr(oidc_client, "BoundedTransport", lambda: there)
    acme.issuer = "https://id.example.com"
    (provider,) = Settings(sso_providers=acme.setting()).sso_providers
    with pytest.raises(oidc_client.Untrusted, match="without https"):
        asyncio.run(
            oidc_client.OpenId(provider).address(redirect_uri="http://x/", proofs=proofs("token"))
        )
