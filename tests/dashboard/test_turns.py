"""Turns: one page at a time, nobody stuck behind a slow one, and only so many by themselves."""

import threading
import time
from collections.abc import Callable

import pytest

from dashboard import turns
from dashboard.turns import Turns, in_line, out_of_line


def begin(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_one_runs_after_the_other() -> None:
    inside = 0
    met = []

    def run() -> None:
        nonlocal inside
        with in_line():
            inside += 1
            met.append(inside)
            time.sleep(0.01)
            inside -= 1

    for thread in [begin(run) for _ in range(8)]:
        thread.join()
    assert met == [1] * 8


def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_SECONDS", 0.05)
    ran, done = threading.Event(), threading.Event()

    def hold() -> None:
        with in_line():
            ran.set()
            done.wait(10)

    slow = begin(hold)
    assert ran.wait(10)
    with in_line():
        assert slow.is_alive()
    done.set()
    slow.join()
    with in_line():
        assert not turns._line.acquire(blocking=False), "who was late let nobody in too many"


def test_others_go_ahead_of_who_waits() -> None:
    order = []

    def run() -> None:
        with in_line():
            order.append("other")

    with in_line(), out_of_line():
        begin(run).join(10)
        order.append("first")
    assert order == ["other", "first"]
    with out_of_line():
        assert turns._line.acquire(blocking=False), "nobody is in it"
        turns._line.release()


def test_an_error_lets_the_next_one_in() -> None:
    with pytest.raises(ZeroDivisionError), in_line(), out_of_line():
        _ = 1 / 0
    assert turns._line.acquire(blocking=False)
    turns._line.release()


def test_turns_come_one_after_the_other() -> None:
    now = 0.0
    often = Turns(2.0, clock=lambda: now)
    assert [often.take(), often.take()] == [True, False]
    now = 1.9
    assert not often.take()
    now = 50.0
    assert [often.take(), often.take()] == [True, False], "what nobody took is not saved up"
