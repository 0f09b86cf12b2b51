"""Rates: each token has its own, and whoever asks too often is told how long to wait."""

import pytest

from core.actor import Actor
from core.settings import get_settings
from dashboard.api.protocol import rates
from dashboard.api.protocol.rates import Rates
from tests.dashboard.conftest import House, script

ME = "/api/v1/users/me"


def test_who_asks_too_often_waits_and_others_do_not(
    house: House, staff: Actor, superuser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "30")
    get_settings.cache_clear()
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
    limits = Rates(lambda *_: None)
    for identity in (1, 2, 1, 3):
        limits._take(Actor(id=1, email="a@b.org", token_id=identity))
    assert [token for token, _ in limits._buckets] == [1, 3]
