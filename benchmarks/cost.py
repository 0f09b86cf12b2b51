"""Compares the processor time of a page's rerun with that of a minimal Streamlit page."""

import asyncio
from pathlib import Path
from statistics import median

from benchmarks import server as servers
from benchmarks import tab
from benchmarks.command import Failed
from benchmarks.figures import Beside, Figure, Results
from benchmarks.people import People
from benchmarks.server import Server
from benchmarks.tab import Tab
from core.db.bulk_copy import Watch

REACH = 8
ROUNDS = 3
MORE = 10  # times as many cheap runs, as processor time has a resolution of 0.01 s
STEP = "Processor time of a rerun"


def measure(
    server: Server, people: People, folder: Path, results: Results, *, times: int, watch: Watch
) -> None:
    """Compare the heaviest analytics page with a minimal page, in alternation."""
    pages: dict[str, list[float]] = {}
    hellos: list[float] = []
    with servers.hello(folder, lean=True) as hello:
        for done in range(ROUNDS):
            watch(STEP, done, ROUNDS)
            hellos.append(asyncio.run(_say_hello(hello, times * MORE)))
            for name, cost in asyncio.run(_visit_all(server, people, times)).items():
                pages.setdefault(name, []).append(cost)
    with servers.hello(folder, lean=False) as hello:
        as_it_comes = asyncio.run(_say_hello(hello, times))
    watch(STEP, ROUNDS, ROUNDS)
    costs = {name: median(found) for name, found in pages.items()}
    heaviest = max(costs, key=costs.__getitem__)
    least = median(hellos)
    results.figures.append(
        Figure(
            "CPU per rerun of the heaviest analytics page over a hello-world page in the same run",
            costs[heaviest] / least,
            REACH,
            "times",
            detail=f"{heaviest} {costs[heaviest]:.1f} ms over {least:.2f} ms, medians of {ROUNDS}",
        )
    )
    told = ", ".join(f"{name} {cost:.1f}" for name, cost in costs.items())
    results.beside += [
        Beside("processor time of a rerun", f"{told} ms", f"{times} in a row, one session"),
        Beside(
            "hello-world as Streamlit comes",
            f"{as_it_comes:.1f} ms",
            "with a full collection after each run, which Tally has turned off",
        ),
    ]


async def _say_hello(server: Server, times: int) -> float:
    async with tab.opened(server.url) as opened:
        return await _rerun(server, opened, "", times)


async def _visit_all(server: Server, people: People, times: int) -> dict[str, float]:
    """Return the milliseconds of processor time that a rerun of each analytics page takes."""
    cookies = await people.sign_in(server.url, 0)
    async with tab.opened(server.url, cookies) as opened:
        await opened.visit()
        costs = {}
        for page, name in opened.pages.items():
            await opened.visit(page)
            if not opened.charts:
                raise Failed(f"The page {name or 'overview'} draws no chart.")
            costs[name or "overview"] = await _rerun(server, opened, page, times)
        return costs


async def _rerun(server: Server, opened: Tab, page: str, times: int) -> float:
    await opened.visit(page)
    used = server.cpu_seconds()
    for _ in range(times):
        await opened.visit(page)
    return (server.cpu_seconds() - used) / times * 1000
