"""Moments and durations in words."""

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.runtime.context import ContextProxy

from dashboard.ui import local_time

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=1500), "1,500 days ago"),
    ],
)
def test_ago(before: timedelta, words: str) -> None:
    assert local_time.ago(NOW - before, now=NOW) == words


def test_a_clock_names_the_day_unless_it_is_today() -> None:
    assert local_time.clock(NOW - timedelta(hours=1), now=NOW) == "09:00"
    assert local_time.clock(NOW - timedelta(hours=11), now=NOW) == "2026-11-22 23:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.84, "0.8 s"), (9.96, "10.0 s"), (12.4, "12 s"), (59.7, "60 s"), (125, "2 min 5 s")],
)
def test_duration(seconds: float, words: str) -> None:
    assert local_time.duration(timedelta(seconds=seconds)) == words


def test_no_duration_is_no_word() -> None:
    assert local_time.duration(None) == ""


@pytest.mark.parametrize(
    "name", ["localtime", "posix/Europe/Berlin", "right/UTC", "x" * 9999, None]
)
def test_a_browser_whose_zone_cannot_be_used_is_in_utc(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "timezone", property(lambda _: name))
    assert local_time.zone().key == "UTC"
    monkeypatch.setattr(ContextProxy, "timezone", property(lambda _: "Asia/Kathmandu"))
    assert local_time.zone().key == "Asia/Kathmandu"
