"""Shared answers: one asks, all others get what there is."""

import threading
import time
from itertools import count

import pytest

from dashboard.cache.ttl_cache import Shared


def test_within_its_time_an_answer_is_given_again() -> None:
    shared, numbers = Shared[int](), count()
    assert [shared.get("a", lambda: next(numbers), seconds=60) for _ in range(3)] == [0, 0, 0]
    assert shared.get("b", lambda: next(numbers), seconds=60) == 1
    assert shared.get("a", lambda: next(numbers), seconds=60) == 2
    shared.forget()
    assert shared.get("a", lambda: next(numbers), seconds=60) == 3
    assert shared.get("a", lambda: next(numbers), seconds=0) == 4


def test_nobody_waits_for_who_asks_when_there_is_an_old_answer() -> None:
    shared, may_end, asking = Shared[str](), threading.Event(), threading.Event()
    shared.get("a", lambda: "old", seconds=0)

    def slow() -> str:
        asking.set()
        may_end.wait(10)
        return "new"

    thread = threading.Thread(target=lambda: shared.get("a", slow, seconds=0))
    thread.start()
    assert asking.wait(10)
    began = time.monotonic()
    assert shared.get("a", lambda: "never", seconds=0) == "old"
    assert time.monotonic() - began < 1
    may_end.set()
    thread.join()
    assert shared.get("a", lambda: "never", seconds=60) == "new"


def test_those_who_come_first_together_ask_once() -> None:
    shared, asked = Shared[int](), []

    def ask() -> int:
        asked.append(1)
        time.sleep(0.1)
        return len(asked)

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(shared.get("a", ask, seconds=60)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 20


def test_an_error_is_not_an_answer() -> None:
    shared = Shared[int]()

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shared.get("a", fail, seconds=60)
    assert shared.get("a", lambda: 1, seconds=60) == 1
