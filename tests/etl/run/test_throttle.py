"""How much an automatic refresh takes of PostgreSQL: the bucket, and a real export that rests."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import refresh
from etl.run import throttle
from etl.run.throttle import Pace
from tests.conftest import Sql, restart
from tests.etl.conftest import fill


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_the_rest_is_paid_by_resting() -> None:
    clock = Clock()
    bucket = Pace(0.25, burst=3, clock=clock)
    assert [bucket.take(1), bucket.take(1), bucket.take(1)] == [0, 0, 0]
    assert bucket.take(1) == pytest.approx(4)
    clock.now += 4
    assert bucket.take(0) == 0
    assert bucket.take(0.5) == pytest.approx(2)


def test_it_fills_no_higher_than_a_burst() -> None:
    clock = Clock()
    bucket = Pace(0.5, burst=2, clock=clock)
    clock.now += 1000
    assert bucket.take(2) == 0
    assert bucket.take(1) == pytest.approx(2)


@given(st.lists(st.floats(0, 5), min_size=1), st.floats(0.05, 0.9))
def test_in_the_long_run_no_more_than_its_share_is_busy(works: list[float], share: float) -> None:
    clock = Clock()
    bucket = Pace(share, burst=1, clock=clock)
    started = clock.now
    for busy in works:
        clock.now += busy
        clock.now += bucket.take(busy)
    assert sum(works) <= 1 + share * (clock.now - started) + 1e-6


class SecondOfRest(Pace):
    """A pace that wants a second of rest when it is asked first, and counts how often it is."""

    asked = 0

    def take(self, busy: float) -> float:
        self.asked += 1
        return 1.0 if self.asked == 1 else super().take(busy)


@pytest.mark.parametrize(("trigger", "rests"), [(refresh.AUTOMATIC, True), ("manual", False)])
def test_only_automatic_refreshes_rest(
    sql: Sql, monkeypatch: pytest.MonkeyPatch, trigger: str, rests: bool
) -> None:
    fill(sql, users=1, items=1)
    monkeypatch.setenv("REFRESH_SHARE", "0.1")
    restart()
    pace = SecondOfRest(0.1)
    monkeypatch.setattr(throttle, "automatic", lambda: pace)
    started = time.monotonic()
    refresh.run(trigger=trigger, full=True)
    assert bool(pace.asked) is rests
    assert time.monotonic() - started >= 1.0 * rests


def test_a_share_of_all_holds_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFRESH_SHARE", "1")

    assert throttle.automatic() is None
