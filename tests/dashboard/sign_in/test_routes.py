"""Who may come in, what the others are told, and how everybody gets out again."""

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import AuditEvent, AuthSession
from core.errors import Unavailable
from dashboard.sign_in import attempt_queue
from dashboard.sign_in import routes as room
from dashboard.web.own_paths import own_path
from tests.conftest import PASSWORD, make_user, restart
from tests.dashboard.conftest import EMAIL, HTML, House, built, form, session_cookie, sign_in

ERROR = re.compile(r'role="alert">([^<]*)<')


def test_the_right_password_leads_on_and_stays(client: TestClient) -> None:
    response = sign_in(client, next="/users?q=x")
    assert response.status_code == 303
    assert response.headers["location"] == "/users?q=x"
    cookie = next(c for c in response.headers.get_list("set-cookie") if "session" in c)
    assert cookie.startswith("tally_session_80=")
    assert "; HttpOnly; SameSite=Lax; Max-Age=1209600" in cookie
    assert client.get("/users").status_code == 200
    assert client.get("/sign-in?next=/items", headers=HTML).headers["location"] == "/items"


def test_the_form_suits_people_keyboards_and_password_managers(client: TestClient) -> None:
    page = client.get("/sign-in").text
    assert '<form method="post" action="/sign-in">' in page
    assert re.search(r'<input id="email" name="email" type="email"[^>]*autofocus', page)
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert '<label for="email">' in page
    assert '<label for="password">' in page
    assert "<script" not in page


def test_wrong_unknown_and_not_staff_are_told_the_same(client: TestClient, system: Actor) -> None:
    make_user(system, "owner@example.com")
    make_user(system, "gone@example.com", is_staff=True, is_active=False)
    answers = [
        sign_in(client, EMAIL, "not the password"),
        sign_in(client, "nobody@example.com"),
        sign_in(client, "owner@example.com"),
        sign_in(client, "gone@example.com"),
        sign_in(client, "no address at all"),
        sign_in(client, EMAIL, ""),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {ERROR.findall(answer.text)[0] for answer in answers} == {room.WRONG}
    assert not any("tally_session" in str(answer.headers) for answer in answers)


def test_the_address_is_kept_and_the_password_is_not(client: TestClient) -> None:
    page = sign_in(client, '"><b>@example.com', "my wrong password", next="/users").text
    assert 'value="&#34;&gt;&lt;b&gt;@example.com"' in page
    assert 'name="next" value="/users"' in page
    assert "my wrong password" not in page


@pytest.mark.parametrize(
    ("email", "password", "status", "error"),
    [
        (EMAIL, "x" * 129, 400, room.TOO_LONG),
        (EMAIL, "x" * 2**20, 400, "This is more than the form can send."),
        ("root@exam\x00ple.com", PASSWORD, 422, room.NOT_AN_ADDRESS),
        ("root@exam\nple.com", PASSWORD, 422, room.NOT_AN_ADDRESS),
        ("a" * 256, PASSWORD, 422, room.NOT_AN_ADDRESS),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_hashing(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    email: str,
    password: str,
    status: int,
    error: str,
) -> None:
    monkeypatch.setattr(attempt_queue.SignInQueue, "sign_in", None)
    response = sign_in(client, email, password)
    assert response.status_code == status
    assert ERROR.findall(response.text) == [error]


def test_a_body_without_end_is_not_read(client: TestClient) -> None:
    body = (b"x" * 2**20 for _ in range(100))
    response = client.post("/sign-in", content=body)
    assert response.status_code == 413


@pytest.mark.parametrize("content", [b"\xff\xfe=1", b"&".join([b"a=1"] * 11)])
def test_a_body_that_is_no_form_is_refused(client: TestClient, content: bytes) -> None:
    assert client.post("/sign-in", content=content).status_code == 400


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_that_is_not_ours_is_refused(client: TestClient, token: str | None) -> None:
    fields = {**form(client), "email": EMAIL, "password": PASSWORD}
    fields.pop("form_token") if token is None else fields.update(form_token=token)
    response = client.post("/sign-in", data=fields)
    assert response.status_code == 403
    assert ERROR.findall(response.text) == [room.EXPIRED]


def test_a_form_of_another_browser_is_refused(house: House) -> None:
    fields = {**form(house.client()), "email": EMAIL, "password": PASSWORD}
    other = house.client()
    assert other.post("/sign-in", data=fields).status_code == 403
    form(other)
    assert other.post("/sign-in", data=fields).status_code == 403


def test_json_is_no_form(client: TestClient) -> None:
    form(client)
    body = {"email": EMAIL, "password": PASSWORD}
    headers = {"Content-Type": "text/plain"}
    assert client.post("/sign-in", json=body, headers=headers).status_code == 403


def test_two_open_forms_both_work(client: TestClient) -> None:
    first = form(client)
    form(client)
    fields = {**first, "email": EMAIL, "password": PASSWORD}
    assert client.post("/sign-in", data=fields).status_code == 303


def test_a_configured_key_signs_forms_alike_in_every_process(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = []
    client = house.client()
    for key in ("k" * 32, "k" * 32, "l" * 32):
        monkeypatch.setenv("SECRET_KEY", key)
        restart()
        tokens.append(form(client)["form_token"])
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_preset_session_is_replaced(client: TestClient) -> None:
    client.cookies.set("tally_session_80", "a" * 43)
    response = sign_in(client)
    assert response.status_code == 303
    cookie = next(c for c in response.headers.get_list("set-cookie") if "session" in c)
    assert "a" * 43 not in cookie


def test_signing_in_again_ends_the_session_before(house: House, insider: TestClient) -> None:
    before = session_cookie(insider)
    fields = {**form(house.client()), "email": EMAIL, "password": PASSWORD}
    token = form_after_sign_in(house, insider)
    response = insider.post("/sign-in", data={**fields, "form_token": token})
    assert response.status_code == 303
    assert session_cookie(insider) != before
    thief = house.client(cookies={"tally_session_80": before})
    assert thief.get("/users").status_code == 401
    with engine.transaction() as db:
        assert len(db.scalars(select(AuthSession)).all()) == 1


def form_after_sign_in(house: House, insider: TestClient) -> str:
    """The token of the form that was open in this browser before it signed in."""
    name = "tally_form_80"
    twin = house.client(cookies={name: insider.cookies[name]})
    return form(twin)["form_token"]


def test_sign_out_ends_the_session_also_for_a_copied_cookie(
    house: House, insider: TestClient
) -> None:
    thief = house.client(cookies={"tally_session_80": session_cookie(insider)})
    assert thief.get("/users").status_code == 200
    response = insider.post("/sign-out", headers={"Origin": "http://testserver"})
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in"
    assert "tally_session_80=; Path=/; HttpOnly" in response.headers["set-cookie"]
    assert insider.get("/users").status_code == 401
    assert thief.get("/users").status_code == 401


def test_our_own_pages_sign_out_by_a_link_and_others_are_asked(insider: TestClient) -> None:
    for site in ({}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site"}):
        page = insider.get("/auth/logout", headers=site)
        assert page.status_code == 200
        assert "signed in as Ruth Root" in page.text
        assert insider.get("/users").status_code == 200
    response = insider.get("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 303
    assert insider.get("/users").status_code == 401


def test_nobody_signs_out_without_having_signed_in(client: TestClient) -> None:
    assert client.get("/sign-out").headers["location"] == "/sign-in"
    assert client.post("/sign-out").headers["location"] == "/sign-in"


def test_each_coming_and_going_leaves_one_audit_row(client: TestClient) -> None:
    sign_in(client, EMAIL, "not the password")
    sign_in(client)
    client.post("/sign-out")
    with engine.transaction() as db:
        rows = db.execute(select(AuditEvent.action, AuditEvent.outcome, AuditEvent.address)).all()
    assert [tuple(row) for row in rows][-3:] == [
        ("session.sign_in", "refused", "testclient"),
        ("session.sign_in", "success", "testclient"),
        ("session.sign_out", "success", "testclient"),
    ]


def test_without_the_database_the_form_says_so(
    house: House, insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable(engine.AWAY)

    client = house.client()
    fields = {**form(client), "email": EMAIL, "password": PASSWORD}
    monkeypatch.setattr(engine, "transaction", away)
    response = client.post("/sign-in", data=fields)
    assert response.status_code == 503
    assert ERROR.findall(response.text) == [room.AWAY]
    assert f'value="{EMAIL}"' in response.text
    client.cookies.set("tally_session_80", "b" * 43)
    assert client.get("/sign-in").status_code == 503
    assert client.get("/sign-out", headers=HTML).status_code == 503
    answer = insider.post("/sign-out", headers=HTML)
    assert answer.status_code == 503
    assert "You are still signed in" in answer.text


def test_a_crowd_is_turned_away_before_it_takes_threads(
    superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LONGEST_LINE", "MOST_HASHES_WAITING"):
        with monkeypatch.context() as patch:
            patch.setattr(attempt_queue, name, 0)
            with built() as house:
                response = sign_in(house.client())
        assert response.status_code == 503
        assert ERROR.findall(response.text) == [attempt_queue.BUSY]


@pytest.mark.parametrize("path", ["/", "/users", "/items?q=a%20b&x=%2F%2Fevil", "/a/b#c", "/a:b"])
def test_own_paths_are_followed(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "users",
        "//evil.example",
        "https://evil.example",
        "https:evil",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/ /evil.example",
        "/\x00/evil.example",
        "javascript:alert(1)",
        "/sign-in?next=/sign-in",
        "/sign-out",
        "/auth/logout",
        "/é",
    ],
)
def test_all_other_targets_lead_home(path: str, client: TestClient) -> None:
    assert own_path(path) == "/"
    assert sign_in(client, next=path).headers["location"] == "/"


def test_guessing_is_slowed_down_and_tells_nothing(client: TestClient) -> None:
    for _ in range(5):
        assert sign_in(client, EMAIL, "not the password").status_code == 401
    wrong, right = sign_in(client, EMAIL, "not the password"), sign_in(client)
    for response in (wrong, right):
        assert response.status_code == 429
        assert ERROR.findall(response.text) == [attempt_queue.TOO_MANY]
        assert int(response.headers["retry-after"]) >= 1
        assert f'value="{EMAIL}"' in response.text
        assert "tally_session" not in str(response.headers)
    assert len(wrong.text) == len(right.text)


def test_a_known_browser_is_not_slowed_down_by_others(house: House, insider: TestClient) -> None:
    cookie = insider.cookies["tally_browser_80"]
    for _ in range(6):
        sign_in(house.client(), EMAIL, "not the password")
    assert sign_in(house.client()).status_code == 429
    known = house.client(cookies={"tally_browser_80": cookie})
    response = sign_in(known)
    assert response.status_code == 303
    kept = next(c for c in response.headers.get_list("set-cookie") if "browser" in c)
    assert kept == f"tally_browser_80={cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000"


def test_the_application_never_sees_how_a_browser_is_known(insider: TestClient) -> None:
    headers = insider.get("/users").json()["headers"]
    assert insider.cookies["tally_browser_80"] not in str(headers)
