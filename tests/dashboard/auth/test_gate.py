"""Nothing but the sign-in is reached without a session, and nobody is taken for somebody else."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.actor import Actor
from core.db import engine
from core.errors import Unavailable
from core.manage import users
from core.settings import get_settings
from dashboard.auth import cookies, session_cache
from dashboard.auth.gate import is_same_origin
from tests.conftest import make_user, read_settings
from tests.dashboard.conftest import HTML, House, session_cookie, sign_in

ORIGIN = {"Origin": "http://testserver"}


@pytest.mark.parametrize("path", ["/", "/users", "/items?q=a%20b&page=2", "/no/such/page"])
def test_a_person_is_led_to_the_sign_in_and_back(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in?next=%2F")
    led_back = sign_in(client, next=_next(response.headers["location"]))
    assert led_back.headers["location"] == path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/media/abc.png"),
        ("GET", "/static/js/index.js"),
        ("GET", "/component/any/index.html"),
        ("GET", "/_stcore/health"),
        ("GET", "/_stcore/host-config"),
        ("POST", "/_stcore/agent/interact"),
        ("GET", "/_stcore/agent/openapi.json"),
        ("GET", "/downloads/items_by_user.csv"),
        ("GET", "/sign-in/../users"),
        ("GET", "/sign-inx"),
        ("GET", "/healthz/"),
    ],
)
def test_all_else_is_refused_without_a_session(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, path)
    assert response.status_code == 401
    assert "www-authenticate" in response.headers


def test_the_api_refuses_in_json(client: TestClient) -> None:
    response = client.get("/api/v1/analytics/items_by_user", headers=HTML)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"].startswith("Please sign in first, or send a token")
    assert "Bearer" in response.headers["www-authenticate"]


@pytest.mark.parametrize("signed_in", [False, True])
def test_metrics_are_closed_to_everybody(house: House, signed_in: bool) -> None:
    client = house.client()
    if signed_in:
        sign_in(client)
    assert client.get("/_stcore/metrics", headers=HTML).status_code == 404
    assert client.get("/_stcore/metrics/", headers=HTML).status_code == 404


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS"])
def test_files_are_taken_from_nobody(house: House, signed_in: bool, method: str) -> None:
    client = house.client()
    if signed_in:
        sign_in(client)
    for path in ("/_stcore/upload_file", "/_stcore/upload_file/session/file"):
        answer = client.request(method, path, headers=ORIGIN, content=b"x" * 1000)
        assert answer.status_code == 404


def test_what_is_public_needs_no_database(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "transaction", _away)
    client = house.client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/sign-in").status_code == 200
    assert client.get("/sign-in/style.css").headers["content-type"].startswith("text/css")


def test_the_application_learns_who_it_is_and_never_the_token(
    insider: TestClient, superuser: Actor
) -> None:
    insider.cookies.set("other", "kept")
    headers = insider.get("/users").json()["headers"]
    assert headers["x-tally-user-id"] == str(superuser.id)
    assert headers["x-tally-email"] == superuser.email
    assert headers["x-tally-name"] == "Ruth Root"
    assert headers["x-tally-is-superuser"] == "1"
    assert headers["x-tally-address"] == "testclient"
    assert "other=kept" in headers["cookie"]
    assert session_cookie(insider) not in str(headers)


def test_forged_identity_is_taken_off(client: TestClient, insider: TestClient) -> None:
    forged = {"X-Tally-User-Id": "1", "x-tally-email": "boss@example.com", "X-TALLY-NEW": "1"}
    assert client.get("/users", headers=forged).status_code == 401
    headers = insider.get("/users", headers=forged).json()["headers"]
    assert headers["x-tally-email"] == "root@example.com"
    assert "x-tally-new" not in headers


def test_a_name_in_any_script_arrives(house: House, system: Actor) -> None:
    make_user(system, "zoe@example.com", full_name="Zoë 100% 田中", is_staff=True)
    client = house.client()
    sign_in(client, "zoe@example.com")
    headers = client.get("/users").json()["headers"]
    assert headers["x-tally-name"] == "Zo%C3%AB 100%25 %E7%94%B0%E4%B8%AD"
    assert headers["x-tally-is-superuser"] == "0"


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "a" * 43, "a" * 42, "a" * 44, "é" * 43, "a" * 1_000_000, "a" * 42 + "\x00", '"' * 43],
)
def test_a_cookie_that_is_no_session_is_none(client: TestClient, cookie: str) -> None:
    headers = {b"Cookie": f"tally_session_80={cookie}".encode()}
    assert client.get("/_stcore/health", headers=headers).status_code == 401


def test_websockets_need_a_session_and_our_own_origin(
    house: House, insider: TestClient, client: TestClient
) -> None:
    with insider.websocket_connect("/_stcore/stream", headers=ORIGIN) as websocket:
        websocket.send_bytes(b"first")
        assert websocket.receive_json()["x-tally-email"] == "root@example.com"
    assert _is_refused(client, ORIGIN)
    for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}):
        assert _is_refused(insider, origin)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://testserver.evil.example"]
)
def test_forms_of_other_sites_are_refused(insider: TestClient, origin: str) -> None:
    assert insider.post("/sign-out", headers={"Origin": origin}).status_code == 403
    assert insider.put("/_stcore/host-config", headers={"Origin": origin}).status_code == 403
    assert insider.get("/users").status_code == 200


def test_a_form_without_origin_counts_only_from_programs(insider: TestClient) -> None:
    assert insider.post("/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert insider.post("/x", headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert insider.post("/x").status_code == 200


def test_the_public_address_is_an_origin_of_ours(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://tally.example.com/")
    read_settings()
    for origin, own in {
        "https://tally.example.com": True,
        "http://tally.example.com": False,
    }.items():
        headers = Headers({"host": "10.0.0.7:8501", "origin": origin})
        assert is_same_origin({"type": "http", "headers": headers.raw}, required=True) is own


@pytest.mark.parametrize("asked_by", ["http", "https", "ws", "wss"])
@pytest.mark.parametrize("public_url", ["", "https://tally.example.com"])
def test_an_origin_is_ours_with_its_scheme_alone(
    public_url: str, asked_by: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", public_url)
    read_settings()
    ours = "https" if public_url or asked_by in {"https", "wss"} else "http"
    for scheme in ("http", "https", "ws", "file"):
        origin = {"host": "tally.example.com", "origin": f"{scheme}://Tally.example.com"}
        scope = {"type": "http", "scheme": asked_by, "headers": Headers(origin).raw}
        assert is_same_origin(scope, required=True) is (scheme == ours), origin


@pytest.mark.parametrize("host", ["", "a b", "localhost:8501/x", "user@localhost", "é", "a:b"])
def test_a_host_that_is_none_is_refused(insider: TestClient, host: str) -> None:
    assert insider.get("/users", headers={b"Host": host.encode()}).status_code == 400


def test_every_answer_carries_the_security_headers(client: TestClient, insider: TestClient) -> None:
    answers = [client.get("/users", headers=HTML), client.get("/x"), client.get("/sign-in")]
    answers += [insider.get("/users"), insider.get("/broken", headers=HTML)]
    for response in answers:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self' 'sha256-" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in response.headers


def test_assets_may_be_cached(client: TestClient, insider: TestClient) -> None:
    assert client.get("/sign-in/style.css").headers["cache-control"] == "no-cache"
    assert insider.get("/static/js/index.js").headers.get("cache-control") != "no-store"


def test_https_is_insisted_on_where_it_is_used(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://testserver")
    read_settings()
    client = house.client(base_url="https://testserver")
    response = sign_in(client)
    assert "max-age" in response.headers["strict-transport-security"]
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-tally_session=")
    assert "; Secure" in cookie
    assert "; Path=/;" in cookie
    assert client.get("/users").status_code == 200


def test_an_unexpected_error_shows_nothing_of_its_insides(insider: TestClient) -> None:
    response = insider.get("/broken", headers=HTML)
    assert response.status_code == 500
    assert "Something went wrong in Tally" in response.text
    assert "secret" not in response.text
    assert insider.get("/broken").json()["status"] == 500


def test_a_lost_right_ends_the_session(
    insider: TestClient, superuser: Actor, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.transaction() as db:
        users.create_user(
            db,
            actor=system,
            values={"email": "other@example.com", "password": "long enough!", "is_superuser": True},
        )
        users.update_user(
            db, actor=system, user_id=superuser.id or 0, version=1, values={"is_active": False}
        )
    monkeypatch.setattr(session_cache, "FRESH_SECONDS", 0.0)  # what a second's wait would do
    assert insider.get("/users").status_code == 401


def test_who_is_not_known_yet_waits_while_the_database_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable(engine.AWAY)

    monkeypatch.setattr(engine, "transaction", away)
    client = house.client(cookies={"tally_session_80": "a" * 43})
    response = client.get("/users?q=x", headers=HTML)
    assert response.headers["location"] == "/sign-in?next=%2Fusers%3Fq%3Dx"
    answer = client.get("/api/v1/analytics/active_users")
    assert (answer.status_code, answer.json()["detail"]) == (503, engine.AWAY)
    assert _is_refused(client, ORIGIN)


def test_a_websocket_to_a_host_that_is_none_is_refused(insider: TestClient) -> None:
    assert _is_refused(insider, {"Host": "a:b", "Origin": "http://a:b"})


def test_who_asks_for_too_much_at_once_is_told_to_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.auth.gate.REQUESTS_AT_ONCE", 0)
    client = house.client()
    sign_in(client)
    answer = client.get("/api/v1/analytics/items_by_user")
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1


def _is_refused(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("/_stcore/stream", headers=headers):
            return False
    except WebSocketDisconnect:
        return True


def _next(location: str) -> str:
    return parse_qs(location.partition("?")[2])["next"][0]


def _away(*_: object) -> Callable[..., object]:
    raise AssertionError("The database was asked.")


@pytest.mark.parametrize("host", [b"localhost:99999", b"[", b"\xff:x"])
def test_a_cookie_has_a_name_whatever_the_host_says(host: bytes) -> None:
    scope = {"type": "http", "headers": [(b"host", host)]}
    assert cookies.session_cookie(scope) == f"tally_session_{get_settings().port}"
