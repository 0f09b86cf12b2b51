"""Liveness: what is wrong is told, and what stays wrong ends the process."""

import asyncio
import threading
from collections.abc import Iterator

import anyio.to_thread
import pytest
from anyio import CapacityLimiter
from starlette.testclient import TestClient

from dashboard.process import page_runs, worker_threads
from dashboard.process.liveness import Liveness
from dashboard.process.page_runs import MANY, PageRuns
from dashboard.process.watchdog import Watchdog
from dashboard.process.worker_threads import WorkerThreads
from tests.dashboard.conftest import House, sign_in


class Fake(Watchdog):
    """A watchdog that only counts."""

    def __init__(self) -> None:
        super().__init__(0.12)
        self.fed = 0

    def feed(self, seconds: float = 0.0) -> None:
        self.fed += not seconds


def beats(troubles: Iterator[str | None]) -> tuple[Liveness, int, int]:
    """Let a heart beat for as long as there are troubles; return how often it fed, and ended."""
    watchdog, ended = Fake(), []
    live = Liveness(watchdog, end=lambda: ended.append(True))
    over = asyncio.Event()

    def check() -> str | None:
        try:
            return next(troubles)
        except StopIteration:
            over.set()
            return None

    async def go() -> None:
        live.expect(check)
        task = asyncio.create_task(live.watch())
        while not (over.is_set() or ended):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(go(), 10))
    return live, watchdog.fed, len(ended)


def test_what_is_wrong_for_one_beat_ends_nothing(environment: str) -> None:
    live, fed, ended = beats(iter(["The cat is away", None] * 3))
    assert (live.gave_up, ended) == (None, 0)
    assert fed > 6


def test_what_is_wrong_for_two_beats_ends_the_process_once(environment: str) -> None:
    live, fed, ended = beats(iter([None, "The cat is away", "The cat is still away", "Away"]))
    assert live.gave_up == (
        "Tally ended itself, so that it can be started anew: The cat is still away."
    )
    assert (fed, ended) == (3, 1), "the watchdog sees to it that the end comes"


def test_without_a_thread_there_is_no_heartbeat(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    watchdog = Fake()

    async def go() -> None:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        task = asyncio.create_task(Liveness(watchdog).watch())
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(go())
    assert watchdog.fed == 0


def test_pages_that_hang_are_told_unless_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_runs, "PATIENCE_SECONDS", 0.05)
    runs, end = PageRuns(), threading.Event()

    def hang() -> None:
        with runs.under_way():
            end.wait(10)

    threads = [threading.Thread(target=hang) for _ in range(MANY)]
    for thread in threads[1:]:
        thread.start()
    assert not end.wait(0.1)
    assert runs.trouble() is None, "too few to be sure"
    threads[0].start()
    assert not end.wait(0.1)
    assert runs.trouble() == "3 runs of pages hang, and none has ended for 0 s"
    with runs.under_way():
        pass
    assert runs.trouble() is None
    end.set()
    for thread in threads:
        thread.join()
    assert runs.trouble() is None


def test_worker_threads_are_stuck_when_the_same_have_them_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_threads, "PATIENCE_SECONDS", 0.1)

    async def go() -> None:
        limiter, end = CapacityLimiter(2), threading.Event()
        workers = WorkerThreads(limiter)

        def work(wait: threading.Event) -> None:
            wait.wait(10)

        async with anyio.create_task_group() as group:
            for _ in range(5):  # more than there are places for
                group.start_soon(lambda: anyio.to_thread.run_sync(work, end, limiter=limiter))
            await asyncio.sleep(0.02)
            assert workers.trouble() is None
            await asyncio.sleep(0.2)
            assert workers.trouble() == "all 2 worker threads are stuck"
            end.set()
            await asyncio.sleep(0.05)
            assert workers.trouble() is None

    asyncio.run(go())


def test_health_tells_everybody_that_and_staff_what(house: House) -> None:
    liveness = next(r for r in house.app.routes if getattr(r, "path", "") == "/healthz")
    liveness.endpoint.__self__.liveness.expect(lambda: "The cat is away")  # type: ignore[attr-defined]
    with house.client() as client:
        response = client.get("/healthz")
        assert (response.status_code, response.text) == (503, "not alive")
        assert client.get("/readyz").json() == {"ready": False}
        sign_in(client)
        assert client.get("/readyz").json()["trouble"] == ["The cat is away"]


def test_a_stranger_learns_nothing_else(client: TestClient) -> None:
    assert client.get("/healthz").text == "alive"
