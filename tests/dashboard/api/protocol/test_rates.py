"""Rates: each token has its own, and whoever asks too often is told how long to wait."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from core.actor import Actor
from dashboard.api.protocol import rates
from dashboard.api.protocol.rates import Rates
from tests.conftest import read_settings
from tests.dashboard.conftest import House, script

ME = "/api/v1/users/me"


def test_who_asks_too_often_waits_and_others_do_not(
    house: House, staff: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "30")
    read_settings()
    busy, other = script(house, staff), script(house, staff)
    with busy, other:
        answers = [busy.get(ME) for _ in range(8)]
        assert {a.status_code for a in answers[:5]} == {200}
        refused = answers[-1]
        assert refused.status_code == refused.json()["status"] == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        assert other.get(ME).status_code == 200


def test_memory_is_bounded_and_the_idle_are_forgotten_first(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "MOST_REMEMBERED", 2)
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "6")  # one in ten seconds, and no more at once
    read_settings()
    limited = Rates(PlainTextResponse("served"))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        actor = Actor(id=1, email="a@b.org", token_id=int(scope["path"][1:]))
        await limited({**scope, "user": actor}, receive, send)

    client = TestClient(app)
    asked = [(token, client.get(f"/{token}").status_code) for token in (1, 2, 1, 3)]
    assert asked == [(1, 200), (2, 200), (1, 429), (3, 200)]
    again = [(token, client.get(f"/{token}").status_code) for token in (1, 3, 2)]
    assert again == [(1, 429), (3, 429), (2, 200)], "the second was forgotten"
