"""Supervision: whatever a round raises ends that round, and the next one comes."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import polars as pl
import pytest

from core.settings import get_settings
from core.telemetry import supervision
from core.telemetry.supervision import Failures, Watcher


class Own(BaseException):
    """A class that nobody foresaw."""


def subclasses(of: type[BaseException]) -> Iterator[type[BaseException]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def instances() -> list[BaseException]:
    """One of each class of exceptions that Python has by itself, and some of others."""
    given = {
        UnicodeDecodeError: ("utf-8", b"", 0, 1, ""),
        UnicodeEncodeError: ("utf-8", "", 0, 1, ""),
        UnicodeTranslateError: ("", 0, 1, ""),
        BaseExceptionGroup: ("several", [SystemExit(1), ValueError()]),
        ExceptionGroup: ("several", [TypeError(), ValueError()]),
    }
    kinds = {kind for kind in subclasses(BaseException) if kind.__module__ == "builtins"}
    kinds -= {GeneratorExit, KeyboardInterrupt, *subclasses(KeyboardInterrupt)}  # pytest has some
    made = [kind(*given.get(kind, ())) for kind in sorted(kinds, key=lambda kind: kind.__name__)]
    panic = pl.exceptions.PanicException("a panic of Polars")
    return [*made, asyncio.CancelledError(), Own(), panic]


def rounds(work: Callable[[], Awaitable[object]], *, number: int) -> Watcher:
    """Let a watcher do its work until it has begun so many rounds, then cancel it."""
    watcher = Watcher("The test")
    begun = 0

    async def counted() -> None:
        nonlocal begun
        begun += 1
        if begun > number:
            await asyncio.sleep(60)
        await work()

    async def go() -> None:
        task = asyncio.create_task(watcher.run(counted))
        while begun <= number:
            await asyncio.sleep(0)
            assert not task.done()
        assert watcher.trouble() is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(go(), 30))
    return watcher


@pytest.mark.parametrize("error", instances(), ids=lambda error: type(error).__name__)
def test_no_class_of_exception_ends_more_than_its_round(error: BaseException) -> None:
    async def fail() -> None:
        raise error

    assert rounds(fail, number=5).trouble() == "The test has ended"


def test_each_kind_is_logged_once_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = iter([ValueError("a"), ValueError("b"), TypeError(), ValueError("c")] * 10)

    async def fail() -> None:
        raise next(kinds)

    rounds(fail, number=40)
    told = [(record.message, str((record.exc_info or ("",))[0])) for record in caplog.records]
    failed = "The test failed, and goes on."
    assert told == [(failed, "<class 'ValueError'>"), (failed, "<class 'TypeError'>")]
    monkeypatch.setattr(supervision, "LOGGED_AGAIN_SECONDS", 0.0)
    failures = Failures("The test")
    for _ in range(2):
        with failures.contained():
            raise ValueError
    assert len(caplog.records) == 4


def test_who_fails_again_and_again_waits_longer_and_who_recovers_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    async def go() -> None:
        async def work() -> None:
            if len(waited) < 9:
                raise ValueError

        task = asyncio.create_task(Watcher("The test", every=0.5).run(work))
        while len(waited) < 11:
            await sleep(0)
        task.cancel()

    monkeypatch.setattr(asyncio, "sleep", note)
    asyncio.run(go())
    assert waited[:11] == [1, 2, 4, 8, 16, 30, 30, 30, 30, 0.5, 0.5]


def test_a_cancellation_ends_it_also_where_a_round_turns_it_into_something_else() -> None:
    async def go() -> None:
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise ValueError from None

        watcher = Watcher("The test")
        task = asyncio.create_task(watcher.run(work))
        await begun.wait()
        task.cancel()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 1)
        assert watcher.trouble() == "The test has ended"

    asyncio.run(go())


def test_ctrl_c_gets_through() -> None:
    with pytest.raises(KeyboardInterrupt), Failures("The test").contained():
        raise KeyboardInterrupt


def test_who_makes_no_progress_is_in_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    watcher = Watcher("The test", patience=20)
    assert watcher.trouble() is None, "it has not begun"
    with watcher.going():
        now += 20 + get_settings().query_timeout_seconds
        assert watcher.trouble() is None
        now += 1
        assert watcher.trouble() == "The test has come no further for 31 s"
        watcher.progress()
        assert watcher.trouble() is None


def test_threads_without_a_loop_are_contained_too(caplog: pytest.LogCaptureFixture) -> None:
    failures, ended = Failures("The test"), threading.Event()

    def work() -> None:
        with failures.contained():
            raise SystemExit
        ended.set()

    threading.Thread(target=work).start()
    assert ended.wait(5)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
