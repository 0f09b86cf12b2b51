"""Measures how long a person at a real browser waits for the charts of the next page."""

import asyncio
from random import Random

from benchmarks import browser
from benchmarks.browser import TITLES, Window
from benchmarks.crowd import Crowd
from benchmarks.figures import Beside, Figure, Results
from benchmarks.people import People
from benchmarks.percentiles import percentile
from benchmarks.server import Server
from benchmarks.tab import Trouble
from core.db.bulk_copy import Watch

REACH_MS = {50: 400, 95: 800}
PAUSE_SECONDS = 0.5  # between clicks, so that the browser is idle at each click
LEAST_THOUGHT, MOST_THOUGHT = 0.5, 1.5


def measure(
    server: Server, people: People, results: Results, *, windows: int, clicks: int, watch: Watch
) -> None:
    """Click through all analytics pages in several windows in turn, on an otherwise idle server."""
    seconds = asyncio.run(_click_through(server, people, windows, clicks, watch))
    detail = f"{clicks} clicks by turns in {windows} warm pages; all charts of the page"
    for percent, reach in REACH_MS.items():
        results.figures.append(
            Figure(
                f"Chromium, warm: click in the navigation to chart drawn, p{percent}",
                percentile(seconds, percent) * 1000,
                reach,
                "ms",
                detail=detail,
            )
        )


async def click_around(window: Window, crowd: Crowd, *, think: float, found: list[float]) -> None:
    """Go from page to page with time to think, until the crowd leaves; note how long each took."""
    draw, shown = Random(), TITLES[0]  # noqa: S311 - no secret
    while not crowd.stopped.is_set():
        await crowd.wait(think * draw.uniform(LEAST_THOUGHT, MOST_THOUGHT))
        shown = draw.choice([title for title in TITLES if title != shown])
        try:
            found.append(await window.click(shown))
        except Trouble as trouble:
            crowd.reruns.errors[str(trouble)] += 1


def beside(found: list[float], sessions: int, when: str) -> list[Beside]:
    """Return the figure of clicks that were measured while many sessions were active."""
    if not found:
        return []
    p50, p95 = (percentile(found, percent) * 1000 for percent in (50, 95))
    name = f"Chromium beside {sessions:,} sessions{when}, p50 and p95"
    return [Beside(name, f"{p50:.0f} and {p95:.0f} ms", f"{len(found):,} clicks")]


async def _click_through(
    server: Server, people: People, windows: int, clicks: int, watch: Watch
) -> list[float]:
    found = []
    async with browser.opened(server, people, windows) as opened:
        for done in range(clicks):
            watch("Chromium", done, clicks)
            await asyncio.sleep(PAUSE_SECONDS)
            turn, number = divmod(done, len(opened))
            found.append(await opened[number].click(TITLES[(turn + 1) % len(TITLES)]))
    watch("Chromium", clicks, clicks)
    return found
