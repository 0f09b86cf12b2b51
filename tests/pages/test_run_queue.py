"""The run queue: pages that show the snapshot run alone, and let others by while they wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import process
from core.actor import Actor
from core.analytics import metrics
from core.analytics.metrics import Totals
from core.snapshots import reader
from core.snapshots.reader import Snapshot
from dashboard.cache import answers
from dashboard.cache.run_queue import RunQueue
from dashboard.shell import freshness
from dashboard.shell.freshness import Freshness
from tests.pages.conftest import Open


def is_free() -> bool:
    """Tell whether somebody else could run now."""

    def enter() -> bool:
        with process.resource(RunQueue).slot(seconds=0) as is_alone:
            return is_alone

    with ThreadPoolExecutor(1) as other:
        return other.submit(enter).result(10)


@pytest.mark.parametrize(
    ("page", "alone"),
    [
        ("overview", True),
        ("items_by_user", True),
        ("active_users", True),
        ("trends", True),
        ("items", False),
        ("users", False),
    ],
)
def test_pages_that_show_the_snapshot_run_alone(
    world: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch, page: str, alone: bool
) -> None:
    free: list[bool] = []
    read = freshness.read

    def listen(*, newest: bool = False) -> Freshness:
        free.append(is_free())
        return read(newest=newest)

    monkeypatch.setattr(freshness, "read", listen)
    open_page(world, page)
    assert free
    assert set(free) == {not alone}
    assert is_free()


def test_others_go_ahead_while_a_page_waits_for_duckdb(
    world: Actor, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[bool] = []
    totals = metrics.totals

    def listen(snapshot: Snapshot) -> Totals:
        free.append(is_free())
        return totals(snapshot)

    monkeypatch.setattr(metrics, "totals", listen)
    open_page(world)
    assert free == [True]


def test_two_who_ask_the_same_do_not_wait_for_each_other(
    world: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, totals, waits = reader.current(), metrics.totals, threading.Event()

    def meet(asked: Snapshot) -> Totals:
        other.start()
        assert waits.wait(10)
        return totals(asked)

    def ask() -> None:
        with process.resource(RunQueue).slot(seconds=60):
            answers.totals(snapshot)

    def ask_too() -> None:
        with process.resource(RunQueue).slot(seconds=60):
            waits.set()
            answers.totals(snapshot)

    monkeypatch.setattr(metrics, "totals", meet)
    first, other = (threading.Thread(target=work) for work in (ask, ask_too))
    first.start()
    first.join(20)
    assert not first.is_alive(), "one has the answer's lock, and the other one the slot"
    other.join(20)
    assert is_free()
