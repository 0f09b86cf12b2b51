"""Simulates many people who open one page after another, with think time in between."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from benchmarks import tab, visits
from benchmarks.command import Failed
from benchmarks.people import People
from benchmarks.server import Server
from benchmarks.tab import Tab, Trouble

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
SIGN_INS = 4  # at once
ARRIVAL_SECONDS = 300
LEAST_THOUGHT, MOST_THOUGHT = 0.5, 1.5  # times the think time, uniformly distributed
SAMPLE_SECONDS = 1.0


@dataclass
class Reruns:
    """The measurements of a crowd: seconds of each run, errors by kind, and memory."""

    asked: list[float] = field(default_factory=list)
    by_timer: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: float = 0.0


class Crowd:
    """Simulated people at one server, each with a session, a tab and a random sequence of pages."""

    def __init__(self, server: Server, people: People, *, size: int, think: float) -> None:
        self.reruns = Reruns()
        self.stopped = asyncio.Event()
        self._server = server
        self._people = people
        self._size = size
        self._think = think
        self._counting = False
        self._door = asyncio.Semaphore(SIGN_INS)
        self._arrived: set[int] = set()
        self._everybody = asyncio.Event()

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Let everybody come in before the block, and go after it.

        Raises `Failed` when some cannot.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._size):
                    group.create_task(self._live(number))
                async with asyncio.timeout(ARRIVAL_SECONDS + self._size):
                    await self._everybody.wait()
                await asyncio.sleep(self._think)  # so that people are no longer in step
                yield
                self.stopped.set()
        except* (Failed, TimeoutError) as failures:
            raise Failed(f"Not everybody came in: {failures.exceptions[0]}") from None

    async def count(self, seconds: float) -> None:
        """Count what they meet with, for so long."""
        complaints, used = self._server.complaints(), self._server.cpu_seconds()
        self._counting, began = True, time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            self.reruns.peak_memory = max(self.reruns.peak_memory, self._server.memory())
            await asyncio.sleep(min(left, SAMPLE_SECONDS))
        self._counting = False
        self.reruns.seconds = time.monotonic() - began
        self.reruns.cpu_seconds = self._server.cpu_seconds() - used
        if logged := self._server.complaints() - complaints:
            self.reruns.errors["an error in the server's log"] += logged

    async def _live(self, number: int) -> None:
        draw = Random(number)  # noqa: S311 - the same people in each run
        zone = ZONES[number % len(ZONES)]
        async with self._door:
            cookies = await self._people.sign_in(self._server.url, number)
        while not self.stopped.is_set():
            try:
                async with tab.opened(self._server.url, cookies, zone=zone) as opened:
                    await self._note([], opened.visit())
                    self._arrive(number)
                    await self._look_around(opened, draw)
            except Trouble:
                await self.wait(self._think * draw.random())  # then open the page again

    async def _look_around(self, opened: Tab, draw: Random) -> None:
        thinks_until = self._thought(draw)
        while not self.stopped.is_set():
            due, part = opened.remembered.next_timer()
            await self.wait(min(due, thinks_until) - time.monotonic())
            if self.stopped.is_set():
                return
            if due <= thinks_until:
                await self._note(self.reruns.by_timer, opened.run_timer(part))
                continue
            visit = visits.choose(draw, opened.pages, opened.shown)
            await self._note(self.reruns.asked, opened.visit(visit.page, visit.query))
            thinks_until = self._thought(draw)

    async def _note(self, runs: list[float], run: Awaitable[float]) -> None:
        counts = self._counting  # a run counts if it began in time, even if it ends later
        try:
            seconds = await run
        except Trouble as trouble:
            if counts:
                self.reruns.errors[str(trouble)] += 1
            raise
        if counts:
            runs.append(seconds)

    def _thought(self, draw: Random) -> float:
        return time.monotonic() + self._think * draw.uniform(LEAST_THOUGHT, MOST_THOUGHT)

    def _arrive(self, number: int) -> None:
        self._arrived.add(number)
        if len(self._arrived) == self._size:
            self._everybody.set()

    async def wait(self, seconds: float) -> None:
        """Return after so long, or when everybody is to leave."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self.stopped.wait()
        except TimeoutError:
            return
