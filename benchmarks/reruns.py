"""Measures page runs while many people use the analytics, with and without refreshes."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import browser, clicks, edits, writers
from benchmarks.command import Failed
from benchmarks.crowd import Crowd, Reruns
from benchmarks.figures import Beside, Figure, Results
from benchmarks.people import People
from benchmarks.percentiles import percentile
from benchmarks.scratch import Place, ask
from benchmarks.server import Server
from core.db.bulk_copy import Watch

REACH_MS, REACH_TIMES, REACH_MEGABYTES = 500, 1.5, 700
EDIT_SECONDS = 2.0
RUNS = (
    "SELECT count(*) FILTER (WHERE status = 'succeeded'),"
    " count(*) FILTER (WHERE status <> 'succeeded'),"
    " count(*) FILTER (WHERE mode = 'unchanged'),"
    " coalesce(avg(extract(epoch FROM finished_at - started_at)), 0)::float8"
    " FROM refresh_run WHERE finished_at IS NOT NULL AND id > %s"
)


@dataclass(frozen=True)
class Load:
    """A load: number of people, think time, duration, and number of real browsers."""

    sessions: int
    think: float
    minutes: float
    windows: int

    @property
    def name(self) -> str:
        """The load as text."""
        return (
            f"{self.sessions:,} signed-in sessions, think time {self.think:g} s,"
            f" over all analytics pages, {self.minutes:g} minutes"
        )


@dataclass(frozen=True)
class Waited:
    """The measurements of a load, and the seconds of clicks in the real browsers."""

    reruns: Reruns
    clicks: list[float]

    @property
    def p95(self) -> float:
        """The 95th percentile of the reruns that people caused, in ms."""
        return percentile(self.reruns.asked, 95) * 1000

    @property
    def detail(self) -> str:
        """Details of the percentile, and the errors."""
        errors = [f"{count} times {kind}" for kind, count in self.reruns.errors.most_common()]
        return "; ".join((f"{len(self.reruns.asked):,} reruns", *(errors or ["no error"])))


def measure(
    server: Server, people: People, load: Load, results: Results, *, watch: Watch
) -> Waited:
    """Measure a load on a server without refreshes."""
    found = asyncio.run(_meet(server, people, load, "Sessions", watch))
    errors = found.reruns.errors.total()
    name = f"{load.name}: p95 of a rerun"
    results.figures.append(
        Figure(name, found.p95, REACH_MS, "ms", detail=found.detail, errors=errors)
    )
    results.beside += _beside(found, load, "")
    return found


def measure_refreshing(
    server: Server,
    place: Place,
    people: People,
    load: Load,
    results: Results,
    quiet: Waited,
    *,
    watch: Watch,
) -> Waited:
    """Measure the same load on a server that refreshes all the time, while rows are changed.

    It is an error if a refresh fails, or if no refresh had any change.
    """
    (last,) = ask(place.url, "SELECT coalesce(max(id), 0) FROM refresh_run")
    with writers.restored(place), _writing(place):
        found = asyncio.run(_meet(server, people, load, "Sessions during refreshes", watch))
    _count_refreshes(place, int(str(last)), found, results)
    errors = found.reruns.errors.total()
    results.figures.append(
        Figure(
            "the same while refreshes run back to back",
            found.p95 / quiet.p95,
            REACH_TIMES,
            "times",
            detail=f"{found.p95:.0f} ms over {quiet.p95:.0f} ms; {found.detail}",
            errors=errors,
        )
    )
    results.beside += _beside(found, load, " during refreshes")
    return found


def measure_memory(quiet: Waited, busy: Waited, results: Results) -> None:
    """Return the figure of the server's peak memory under load."""
    calm, full = quiet.reruns.peak_memory, busy.reruns.peak_memory
    detail = f"at its peak {calm:.0f} MB without refreshes, {full:.0f} MB with them"
    name, value = "memory of the process with them", max(calm, full)
    results.figures.append(Figure(name, value, REACH_MEGABYTES, "MB", detail=detail))


def _count_refreshes(place: Place, last: int, found: Waited, results: Results) -> None:
    good, bad, unchanged, seconds = (float(str(n)) for n in ask(place.url, RUNS, last))
    if bad:
        found.reruns.errors["a refresh that failed"] += int(bad)
    if good == unchanged:
        found.reruns.errors["no refresh that had anything to do"] += 1
    told = f"{unchanged:.0f} unchanged, {bad:.0f} failed, {seconds:.1f} s each"
    results.beside.append(Beside("refreshes beside the sessions", f"{good:.0f}", told))


async def _meet(server: Server, people: People, load: Load, step: str, watch: Watch) -> Waited:
    crowd = Crowd(server, people, size=load.sessions, think=load.think)
    found: list[float] = []
    watch(step, 0, 0)
    async with (
        browser.opened(server, people, load.windows) as windows,
        crowd.present(),
        asyncio.TaskGroup() as group,
    ):
        for window in windows:
            around = clicks.click_around(window, crowd, think=load.think, found=found)
            group.create_task(around)
        await crowd.count(load.minutes * 60)
        crowd.stopped.set()
    watch(step, 1, 1)
    if not crowd.reruns.asked:
        raise Failed("No page was run; there is no time to measure. Give it more minutes.")
    return Waited(crowd.reruns, found)


def _beside(found: Waited, load: Load, when: str) -> list[Beside]:
    reruns = found.reruns
    p50, p99 = (percentile(reruns.asked, percent) * 1000 for percent in (50, 99))
    rate = len(reruns.asked) / reruns.seconds
    rows = [
        Beside(
            f"a rerun{when}, p50 and p99", f"{p50:.0f} and {p99:.0f} ms", f"{rate:.1f} a second"
        ),
        Beside(
            f"processor time of the server{when}",
            f"{reruns.cpu_seconds / reruns.seconds:.2f} cores",
            f"with {len(reruns.by_timer) / reruns.seconds:.1f} timers a second",
        ),
    ]
    if reruns.by_timer:
        timers = [f"{percentile(reruns.by_timer, percent) * 1000:.0f}" for percent in (50, 95)]
        name = f"a timer's rerun{when}, p50 and p95"
        rows.append(Beside(name, f"{' and '.join(timers)} ms", "nobody waits for these"))
    return [*rows, *clicks.beside(found.clicks, load.sessions, when)]


@contextmanager
def _writing(place: Place) -> Iterator[None]:
    """Add and edit items periodically in a thread, so that each refresh has changes."""
    done = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(_write_until, done, place)
        try:
            yield
        finally:
            done.set()
            work.result()


def _write_until(done: threading.Event, place: Place) -> None:
    while not done.wait(EDIT_SECONDS):
        edits.make(place.url)
