"""Measures how long scripts wait for the API when they call it at a constant rate."""

import asyncio
import time
from collections import Counter

import httpx2 as httpx

from benchmarks.command import Failed
from benchmarks.figures import Beside, Figure, Results
from benchmarks.people import People
from benchmarks.percentiles import percentile
from benchmarks.server import Server
from core.db.bulk_copy import Watch
from dashboard import api

REACH_MS = 25
RATE = 50  # a second
WARM_UP = 20
PATIENCE_SECONDS = 30
PATH = f"{api.PREFIX}/analytics/active_users"
STEP = "API"


def measure(
    server: Server, people: People, results: Results, *, seconds: float, watch: Watch
) -> None:
    """Request the top users at a constant rate; latency counts from when a call was due.

    Raises `Failed` if no call gets an answer.
    """
    errors: Counter[str] = Counter()
    watch(STEP, 0, 1)
    found = asyncio.run(_call(server, people, round(seconds * RATE), errors))
    watch(STEP, 1, 1)
    if not found:
        raise Failed(f"The API does not answer: {', '.join(errors)}.")
    wrong = ", ".join(f"{count} times {kind}" for kind, count in errors.items()) or "no error"
    results.figures.append(
        Figure(
            f"API `active_users`, p95 at {RATE} requests a second",
            percentile(found, 95) * 1000,
            REACH_MS,
            "ms",
            detail=f"{len(found):,} answers; {wrong}",
            errors=errors.total(),
        )
    )
    told = f"{percentile(found, 50) * 1000:.1f} and {percentile(found, 99) * 1000:.1f} ms"
    results.beside.append(Beside("API `active_users`, p50 and p99", told, "the same requests"))


async def _call(server: Server, people: People, times: int, errors: Counter[str]) -> list[float]:
    headers = {"Authorization": f"Bearer {people.token}"}
    found: list[float] = []
    async with httpx.AsyncClient(
        base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS
    ) as client:
        for _ in range(WARM_UP):
            await _ask(client, time.monotonic(), [], errors)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(times):
                due = began + number / RATE
                await asyncio.sleep(due - time.monotonic())
                group.create_task(_ask(client, due, found, errors))
    return found


async def _ask(
    client: httpx.AsyncClient, due: float, found: list[float], errors: Counter[str]
) -> None:
    try:
        answer = await client.get(PATH)
    except httpx.HTTPError as error:
        errors[type(error).__name__] += 1
        return
    if answer.is_success and answer.json():
        found.append(time.monotonic() - due)
    else:
        errors[f"status {answer.status_code}"] += 1
