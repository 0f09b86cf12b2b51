"""Turns: one page at a time, and nobody stuck behind a slow one."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from dashboard.cache import run_queue
from dashboard.cache.run_queue import RunQueue, holding, in_line, out_of_line


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
    monkeypatch.setattr(run_queue, "MOST_SECONDS", 0.05)
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
        assert not run_queue._line.enter(None, seconds=0), "who was late let nobody in too many"


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
        assert run_queue._line.enter(None, seconds=0), "nobody is in it"
        run_queue._line.leave()


def test_who_holds_a_lock_comes_back_into_line_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "MOST_SECONDS", 60)
    lock, waits = threading.Lock(), threading.Event()

    def ask() -> None:
        with in_line(), holding():
            with lock, holding(), out_of_line():
                other = begin(meet)
                assert waits.wait(10)
            other.join(10)
            assert not other.is_alive(), "each has what the other one waits for"

    def meet() -> None:
        with in_line():
            waits.set()
            with lock:
                pass

    first = begin(ask)
    first.join(20)
    assert not first.is_alive()
    assert run_queue._line.enter(None, seconds=0)
    run_queue._line.leave()


def test_an_error_lets_the_next_one_in() -> None:
    with pytest.raises(ZeroDivisionError), in_line(), out_of_line():
        _ = 1 / 0
    assert run_queue._line.enter(None, seconds=0)
    run_queue._line.leave()


def test_persons_run_by_turns_however_many_runs_of_one_wait() -> None:
    queue, order = RunQueue(), []

    def run(person: str) -> None:
        assert queue.enter(person, seconds=10)
        order.append(person)
        queue.leave()

    assert queue.enter("busy", seconds=0)
    threads = []
    for person in ["busy"] * 5 + ["ann", "ben", "ann"]:
        threads.append(begin(partial(run, person)))
        while sum(map(len, queue._waiting.values())) < len(threads):
            time.sleep(0.001)
    queue.leave()
    for thread in threads:
        thread.join(10)
    assert order == ["ann", "busy", "ben", "ann", "busy", "busy", "busy", "busy"]


def test_who_gives_up_waiting_is_not_called() -> None:
    queue = RunQueue()
    assert queue.enter("ann", seconds=0)
    assert not queue.enter("ben", seconds=0.01)
    queue.leave()
    assert queue.enter("cid", seconds=0), "nobody left, and nobody was called"
