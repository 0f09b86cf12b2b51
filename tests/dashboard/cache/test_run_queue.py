"""The run queue: one page at a time, and nobody stuck behind a slow one."""

import threading
import time
from collections.abc import Callable, Hashable
from functools import partial

import pytest

from dashboard.cache.run_queue import RunQueue


def begin(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def is_free(queue: RunQueue, person: Hashable = None) -> bool:
    """Tell whether another run would be in the slot at once."""
    free = []

    def enter() -> None:
        with queue.slot(person, seconds=0) as is_alone:
            free.append(is_alone)

    begin(enter).join(10)
    return free == [True]


def test_one_runs_after_the_other() -> None:
    queue, inside, met = RunQueue(), 0, []

    def run() -> None:
        nonlocal inside
        with queue.slot():
            inside += 1
            met.append(inside)
            time.sleep(0.01)
            inside -= 1

    for thread in [begin(run) for _ in range(8)]:
        thread.join()
    assert met == [1] * 8


def test_nobody_waits_for_long() -> None:
    queue, ran, done = RunQueue(), threading.Event(), threading.Event()

    def hold() -> None:
        with queue.slot():
            ran.set()
            done.wait(10)

    slow = begin(hold)
    assert ran.wait(10)
    with queue.slot(seconds=0.05) as is_alone:
        assert not is_alone
        assert not queue.is_mine()
        assert slow.is_alive()
    assert not is_free(queue), "who was late let nobody in too many"
    done.set()
    slow.join()
    assert is_free(queue)


def test_others_run_while_one_is_outside() -> None:
    queue, order = RunQueue(), []

    def run() -> None:
        with queue.slot():
            order.append("other")

    def wait() -> str:
        assert not queue.is_mine()
        begin(run).join(10)
        order.append("first")
        return "found"

    with queue.slot():
        assert queue.outside(wait) == "found"
        assert queue.is_mine()
        assert not is_free(queue)
    assert order == ["other", "first"]
    assert is_free(queue)


def test_who_is_in_no_slot_enters_none() -> None:
    queue = RunQueue()
    assert queue.outside(lambda: queue.outside(lambda: is_free(queue))), "nobody is in it"
    assert is_free(queue)


def test_outside_once_is_outside() -> None:
    queue = RunQueue()
    with queue.slot():
        assert queue.outside(lambda: (queue.outside(queue.is_mine), is_free(queue))) == (
            False,
            True,
        )
        assert queue.is_mine()


def test_a_run_has_one_slot() -> None:
    queue = RunQueue()
    with queue.slot(), pytest.raises(RuntimeError, match="one slot"), queue.slot():
        pass
    with queue.slot():
        with pytest.raises(RuntimeError), queue.slot():
            pass
        assert not is_free(queue), "the one it has is still its own"
    assert is_free(queue)


def test_an_error_lets_the_next_one_in() -> None:
    queue = RunQueue()
    with pytest.raises(ZeroDivisionError), queue.slot():
        queue.outside(lambda: 1 / 0)
    assert is_free(queue)


def test_people_take_turns_however_many_runs_of_one_wait() -> None:
    queue, order = RunQueue(), []

    def run(person: str) -> None:
        with queue.slot(person, seconds=10) as is_alone:
            assert is_alone
            order.append(person)

    with queue.slot("busy"):
        threads = []
        for person in ["busy"] * 5 + ["ann", "ben", "ann"]:
            threads.append(begin(partial(run, person)))
            while queue.waiting() < len(threads):
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == ["ann", "busy", "ben", "ann", "busy", "busy", "busy", "busy"]


def test_who_gives_up_waiting_is_not_called() -> None:
    queue = RunQueue()
    with queue.slot("ann"):
        assert not is_free(queue, "ben")
        assert queue.waiting() == 0
    assert is_free(queue, "cid"), "nobody left, and nobody was called"
