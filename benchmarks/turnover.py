"""Measures whether the server frees the memory of sessions that ended."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

from benchmarks import tab
from benchmarks.figures import Figure, Results
from benchmarks.people import People
from benchmarks.server import Server
from benchmarks.tab import Trouble
from core.db.bulk_copy import Watch

REACH = 1.05
LEGS = 5
AT_ONCE = 4
REST_SECONDS = 2.0
CONNECTS_EACH = 20  # connects of each person, as fast as the limits allow
STEP = "Connects and disconnects"


def measure(
    server: Server, people: People, results: Results, *, connects: int, watch: Watch
) -> None:
    """Connect, run a page and disconnect many times; compare memory in five legs.

    Caches, and what is kept of ended sessions, are full by the end of the second leg.
    """
    errors: Counter[str] = Counter()
    memory = asyncio.run(_come_and_go(server, people, connects // LEGS, errors, watch))
    told = ", ".join(f"{megabytes:.0f}" for megabytes in memory)
    after = f"{told} MB after each {connects // LEGS:,}: the last over the second"
    wrong = ", ".join(f"{count} times {kind}" for kind, count in errors.items()) or "no error"
    results.figures.append(
        Figure(
            f"memory of the process, flat over {connects:,} connects and disconnects",
            memory[-1] / memory[1],
            REACH,
            "times",
            detail=f"{after}; {wrong}",
            errors=errors.total(),
        )
    )


def count_people(connects: int) -> int:
    """Return how many people are needed for this number of connects."""
    return max(AT_ONCE, connects // CONNECTS_EACH)


async def _come_and_go(
    server: Server, people: People, leg: int, errors: Counter[str], watch: Watch
) -> list[float]:
    count = count_people(leg * LEGS)
    sessions = cycle([await people.sign_in(server.url, number) for number in range(count)])
    memory = []
    for done in range(LEGS):
        watch(STEP, done, LEGS)
        queue = islice(sessions, leg)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_visit(server, queue, errors))
        await asyncio.sleep(REST_SECONDS)
        memory.append(server.memory())
    watch(STEP, LEGS, LEGS)
    return memory


async def _visit(server: Server, queue: Iterator[str], errors: Counter[str]) -> None:
    for cookies in queue:
        try:
            async with tab.opened(server.url, cookies) as opened:
                await opened.visit()
        except Trouble as trouble:
            errors[str(trouble)] += 1
